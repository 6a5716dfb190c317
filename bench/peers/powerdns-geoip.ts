import type { PeerKind } from "../../test/differential/peers/peer.ts";
import { benchOrigin } from "../corpus.ts";
import { addressOfMember, memberWeights, pools } from "../routed-corpus.ts";
import { powerdns } from "./powerdns.ts";

/** PowerDNS with its geoip backend: names `r…` lead by country, else by continent, to a pool. */
export function powerdnsGeoip(database: string, nameCount: number): PeerKind {
  return {
    ...powerdns,
    configure: (options) => {
      const { files, arguments: words } = powerdns.configure({ ...options, zones: [] });
      const { directory } = options;
      const bind = `launch=bind\nbind-config=${directory}/named.conf\n`;
      const geoip = `launch=geoip
edns-subnet-processing=yes
geoip-database-files=mmdb:${database}
geoip-zones-file=${directory}/zones.yaml
`;
      return {
        files: {
          "pdns.conf": geoip + files["pdns.conf"]?.replace(bind, ""),
          "zones.yaml": zoneText(nameCount),
        },
        arguments: words,
      };
    },
  };
}

function zoneText(nameCount: number): string {
  const zone = benchOrigin.replace(/\.$/, "");
  const lines = [
    "domains:",
    `- domain: ${zone}`,
    "  ttl: 60",
    "  records:",
    `    ${zone}:`,
    `    - soa: ns1.${zone} hostmaster.${zone} 1 7200 900 1209600 300`,
    `    - ns: ns1.${zone}`,
  ];
  pools.forEach(({ country, continent }, pool) => {
    const place = country ? `cc-${country}` : continent ? `cn-${continent}` : "other";
    lines.push(`    ${place.toLowerCase()}.pool.${zone}:`);
    memberWeights.forEach((weight, member) => {
      const content = addressOfMember(pool, member);
      lines.push(`    - a: {content: ${content}, weight: ${weight}}`);
    });
  });
  lines.push("  services:");
  const ladder = ["cc-%cc", "cn-%cn", "other"].map((part) => `'${part}.pool.${zone}'`).join(", ");
  for (let i = 0; i < nameCount; i++) lines.push(`    r${i}.${zone}: [${ladder}]`);
  return `${lines.join("\n")}\n`;
}
