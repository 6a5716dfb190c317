import assert from "node:assert/strict";

import { eventually } from "../support/eventually.ts";
import { dig, digAll } from "./dig.ts";
import { networksTest } from "./networks.ts";
import { openWorld, publicPort, resolverOf, vpcA, vpcB, worldPrograms } from "./resolver-world.ts";

/** Private addresses of A and of B begin so; nothing else does. */
const secrets = { a: "10.1.77.", b: "10.2.77." };

/** Names that are B's alone, or that lead there. */
const secretNames = [
  "db.secret.example",
  "deep.down.secret.example",
  "any.wild.secret.example",
  "secret.example",
  "DB.Secret.Example",
  // A CNAME of A's zone, one of a public zone, and one of an alias there.
  "to-b.own.example",
  "to-b.open.example",
  "alias.open.example",
  "5.77.2.10.in-addr.arpa",
];

const ways: readonly (readonly string[])[] = [
  [],
  ["+tcp"],
  ["+dnssec"],
  ["+cdflag"],
  ["+norecurse"],
  ["+subnet=10.2.0.10/32"],
  ["+bufsize=512"],
  ["+noedns"],
];
const types = ["A", "ANY", "CNAME", "TXT", "PTR", "SOA", "NS"];

networksTest(
  worldPrograms,
  "a private name never leaves its VPC, however it is asked for",
  async (t) => {
    const world = await openWorld(t);
    const { networks, aws } = world;
    const secret = {
      "db.secret.example": `${secrets.b}5`,
      "deep.down.secret.example": `${secrets.b}6`,
      "*.wild.secret.example": `${secrets.b}7`,
      "secret.example": `${secrets.b}8`,
    };
    await world.zone("secret.example", secret, [vpcB]);
    const own = { "to-b.own.example": "db.secret.example", "mine.own.example": `${secrets.a}5` };
    await world.zone("own.example", own, [vpcA]);
    const openZone = await world.zone("open.example", { "to-b.open.example": "db.secret.example" });
    await aws(
      "route53",
      "change-resource-record-sets",
      ...["--hosted-zone-id", openZone, "--change-batch"],
      {
        Changes: [
          {
            Action: "CREATE",
            ResourceRecordSet: {
              Name: "alias.open.example",
              Type: "CNAME",
              AliasTarget: {
                HostedZoneId: openZone.replace("/hostedzone/", ""),
                DNSName: "to-b.open.example",
                EvaluateTargetHealth: false,
              },
            },
          },
        ],
      },
    );

    const fromB = resolverOf.b;
    const questions = secretNames.flatMap((name) => types.map((type) => `${name} ${type}`));
    const askAll = async (from: "a" | "b", server: string): Promise<string[]> => {
      const seen: string[] = [];
      for (const words of ways) {
        seen.push(...(await digAll(networks[from], server, { questions, words })));
      }
      return seen;
    };
    const isSecret = (record: string): boolean => record.includes(secrets.b);

    await t.test(
      "B sees its names, through A's CNAMEs too, and now they are in the cache",
      async () => {
        const { values } = await dig(networks.b, fromB, "db.secret.example", "A");
        assert.deepEqual(values, [`${secrets.b}5`]);
        const chain = await dig(networks.b, fromB, "to-b.open.example", "A");
        assert.deepEqual(chain.values, ["db.secret.example.", `${secrets.b}5`]);
        const seen = await askAll("b", fromB);
        assert.ok(seen.filter(isSecret).length >= ways.length * 5, `${seen.length} records`);
      },
    );

    const doors: [string, "a" | "b", string][] = [
      ["A's resolver", "a", resolverOf.a],
      ["B's resolver, asked by A", "a", resolverOf.b],
      ["the public port, asked by A", "a", `${resolverOf.a}#${publicPort}`],
      ["the public port, asked by B", "b", `${resolverOf.b}#${publicPort}`],
    ];
    for (const [name, from, server] of doors) {
      await t.test(name, async () => {
        const seen = await askAll(from, server);
        assert.deepEqual(seen.filter(isSecret), []);
      });
    }

    await t.test("what a private zone does not have is asked of nobody", async () => {
      // The public has every name below `world`, whose zone B has a private one in.
      await world.zone("inner.world", { "here.inner.world": `${secrets.b}9` }, [vpcB]);
      for (const name of ["lost-b.inner.world", "lost-b.here.inner.world"]) {
        const { status } = await dig(networks.b, fromB, name, "A");
        assert.equal(status, "NXDOMAIN");
      }
      const { values } = await dig(networks.a, resolverOf.a, "lost-a.inner.world", "A");
      assert.deepEqual(values, ["192.0.2.1"]);
      // The letters of queries have a random case.
      const asked = (): string => world.unbound.output().toLowerCase();
      await eventually("Unbound tells its queries", () => asked().includes("lost-a.inner.world"));
      assert.ok(!asked().includes("lost-b"), asked());
    });

    await t.test("a transfer is nobody's", async () => {
      for (const [, from, server] of doors) {
        const { records } = await dig(networks[from], server, "secret.example", "AXFR", "+tcp");
        assert.deepEqual(records.filter(isSecret), []);
      }
    });

    await t.test("a client of no VPC is refused", async () => {
      const { status } = await dig(
        networks.servers,
        "10.9.0.1",
        "db.secret.example",
        "A",
        "+time=1",
      );
      assert.ok(["REFUSED", "timeout"].includes(status), status);
      const other = await dig(networks.servers, resolverOf.b, "db.secret.example", "A");
      assert.equal(other.status, "REFUSED");
    });
  },
);
