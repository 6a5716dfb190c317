import type { PeerKind } from "../../test/differential/peers/peer.ts";
import { benchOrigin } from "../corpus.ts";
import { addressOfMember, memberWeights, pools } from "../routed-corpus.ts";
import { gdnsd } from "./gdnsd.ts";

/**
 * gdnsd with the plug-ins geoip and weighted, in a zone of its own: names `h…` are plain addresses,
 * `g…` geoip, `w…` weighted, and `r…` geoip whose pools are weighted.
 */
export function gdnsdGeoip(database: string, nameCount: number): PeerKind {
  return {
    ...gdnsd,
    configure: (options) => {
      const { files, arguments: words } = gdnsd.configure({ ...options, zones: [] });
      const zone = benchOrigin.replace(/\.$/, "");
      return {
        files: {
          ...files,
          config: `${files["config"]}${plugins(database)}`,
          [`zones/${zone}`]: zoneText(nameCount),
        },
        arguments: words,
      };
    },
  };
}

function zoneText(nameCount: number): string {
  const head = "@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n";
  const lines = Array.from({ length: nameCount }, (_, i) =>
    [
      `h${i} 60 A ${addressOfMember(pools.length - 1, 0)}`,
      `g${i} 60 DYNA geoip!plain`,
      `w${i} 60 DYNA weighted!other`,
      `r${i} 60 DYNA geoip!weighted\n`,
    ].join("\n"),
  );
  return head + lines.join("");
}

function plugins(database: string): string {
  const names = pools.map(({ name }) => name);
  const plain = pools.map(({ name }, pool) => `${name} => ${addressOfMember(pool, 0)}`);
  const chained = names.map((name) => `${name} => "%weighted!${name}"`);
  const weighted = pools.map(({ name }, pool) => {
    const members = memberWeights.map(
      (weight, member) => `m${member} = [ ${addressOfMember(pool, member)}, ${weight} ]`,
    );
    return `    ${name} => {\n      ${members.join("\n      ")}\n    }`;
  });
  return `plugins => {
  geoip => {
    maps => {
      world => {
        geoip2_db => ${database}
        datacenters => [other, ${names.filter((name) => name !== "other").join(", ")}]
        map => {
          EU => { DE => [de], default => [eu] }
          NA => { US => [us], default => [na] }
          AS => [as]
          default => [other]
        }
      }
    }
    resources => {
      plain => { map => world, dcmap => { ${plain.join(", ")} } }
      weighted => { map => world, dcmap => { ${chained.join(", ")} } }
    }
  }
  weighted => {
${weighted.join("\n")}
  }
}
`;
}
