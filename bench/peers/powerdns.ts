import type { PeerKind } from "../../test/differential/peers/peer.ts";

/** PowerDNS with its bind backend, which keeps zones in memory, and its caches as they come. */
export const powerdns: PeerKind = {
  name: "powerdns",
  program: "pdns_server",
  versionArguments: ["--version"],
  configure: ({ directory, port, zones }) => {
    const entries = zones.map(
      ({ origin, file }) =>
        `zone "${origin.replace(/\.$/, "")}" { type master; file "${file}"; };\n`,
    );
    const configuration = `launch=bind
bind-config=${directory}/named.conf
local-address=127.0.0.1
local-port=${port}
socket-dir=${directory}
daemon=no
guardian=no
disable-syslog=yes
receiver-threads=1
distributor-threads=1
`;
    return {
      files: { "pdns.conf": configuration, "named.conf": entries.join("") },
      arguments: [`--config-dir=${directory}`],
    };
  },
};
