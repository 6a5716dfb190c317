import type { PeerKind } from "../../test/differential/peers/peer.ts";
import { endpointAddress } from "../health-endpoints.ts";
import { powerdns } from "./powerdns.ts";

const zone = "checks.test";

/** The name of one check's record: PowerDNS begins to check when it is first asked for. */
export function checkName(index: number): string {
  return `h${index}.${zone}.`;
}

/** PowerDNS that checks endpoints by HTTP every 10 s (LUA records with `ifurlup`). */
export function powerdnsHealth(checks: { port: number; count: number }): PeerKind {
  return {
    ...powerdns,
    configure: (options) => {
      const { files, arguments: words } = powerdns.configure({ ...options, zones: [] });
      const file = `${options.directory}/${zone}.zone`;
      const settings = "enable-lua-records=yes\nlua-health-checks-interval=10\n";
      return {
        files: {
          "pdns.conf": `${files["pdns.conf"]}${settings}`,
          "named.conf": `zone "${zone}" { type master; file "${file}"; };\n`,
          [`${zone}.zone`]: zoneText(checks),
        },
        arguments: words,
      };
    },
  };
}

function zoneText({ port, count }: { port: number; count: number }): string {
  const head = "@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ 3600 IN NS ns1\n";
  const records = Array.from({ length: count }, (_, i) => {
    const url = `http://service.test:${port}/health`;
    return `h${i} 60 IN LUA A "ifurlup('${url}', {{'${endpointAddress(i)}'}}, {timeout=4})"\n`;
  });
  return `$ORIGIN ${zone}.\n${head}${records.join("")}`;
}
