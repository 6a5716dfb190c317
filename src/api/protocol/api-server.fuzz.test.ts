import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, test } from "node:test";
import fc from "fast-check";
import { systemClock } from "../../base/clock.ts";
import { startApiServer } from "./api-server.ts";
import { createRoute53Service } from "./route53-service.ts";
import { changeRequest } from "./testing/decode-route53.ts";
import { sendSigned, signHeaders, testCredentials } from "./testing/signing-client.ts";

// Whatever comes in: an answer below 500 or a closed connection, soon, and the server goes on.

const failures: unknown[] = [];
const services = Promise.resolve([
  createRoute53Service({
    ChangeResourceRecordSets: () => ({
      ChangeInfo: { Id: "/change/C1", Status: "INSYNC", SubmittedAt: new Date(0) },
    }),
  }),
]);
const server = await startApiServer({
  listen: { address: "127.0.0.1", port: 0 },
  services: () => services,
  routes: [
    {
      method: "GET",
      path: "/healthz",
      access: "none",
      bodySizeMax: 0,
      handle: () => ({ status: 200, body: "ok" }),
    },
  ],
  secretOf: (id) =>
    id === testCredentials.accessKeyId ? testCredentials.secretAccessKey : undefined,
  clock: systemClock,
  logger: { error: (fields, message) => void failures.push([fields, message]) },
  limits: { requestTimeoutMs: 500, headTimeoutMs: 500 },
});
const { port } = server;
after(() => server.stop());

const seed = changeRequest(
  "<Change><Action>CREATE</Action><ResourceRecordSet><Name>a.example.com.</Name><Type>A</Type>" +
    "<TTL>300</TTL></ResourceRecordSet></Change>",
);
const edit = fc.record({
  at: fc.nat(2_000),
  cut: fc.nat(20),
  put: fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      "<",
      ">",
      "&",
      "\r\n",
      "\r\n\r\n",
      ":",
      "\0",
      "%",
      "/",
      "Content-Length: 5\r\n",
    ),
  ),
});
const edits = fc.array(edit, { minLength: 1, maxLength: 4 });

function mutate(text: string, changes: { at: number; cut: number; put: string }[]): string {
  return changes.reduce((all, { at, cut, put }) => {
    const from = at % all.length;
    return all.slice(0, from) + put + all.slice(from + cut);
  }, text);
}

test("startApiServer() answers signed requests with mutated bodies", async () => {
  const property = fc.asyncProperty(edits, async (changes) => {
    const body = mutate(seed, changes);
    const target = "/2013-04-01/hostedzone/Z1/rrset/";
    const { status } = await sendSigned(port, { method: "POST", target, body });
    assert.ok(status === 200 || status === 400, String(status));
  });
  await fc.assert(property, { numRuns: 300 });
  assert.deepEqual(failures, []);
});

test("startApiServer() survives mutated requests", async () => {
  const target = "/2013-04-01/hostedzone/Z1/rrset?maxitems=1&name=a%2Eb";
  const headers = Object.entries(await signHeaders(port, { method: "POST", target, body: seed }));
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const whole =
    `POST ${target} HTTP/1.1\r\n${lines}Content-Length: ${Buffer.byteLength(seed)}\r\n` +
    `Connection: close\r\n\r\n${seed}`;
  const property = fc.asyncProperty(edits, async (changes) => {
    const answer = await exchange(mutate(whole, changes));
    assert.match(answer, /^$|^HTTP\/1\.1 (?:100|2\d\d|4\d\d|501) /);
  });
  await fc.assert(property, { numRuns: 300 });
  assert.deepEqual(failures, []);
  assert.match(await exchange("GET /healthz HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 200 /);
});

/** All that comes back until the connection closes; the client ends its side at once. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = "";
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.end(text, "latin1"));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No end of ${JSON.stringify(text)}: ${all}`));
    }, 10_000);
    socket.setEncoding("latin1");
    socket.on("data", (data: string) => (all += data));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(all);
    });
  });
}
