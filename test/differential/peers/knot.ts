import type { PeerKind, PeerOptions } from "./peer.ts";

/** Knot DNS. Its responses are as minimal as it makes them; it has no switch for that. */
export const knot: PeerKind = {
  name: "knot",
  program: "knotd",
  versionArguments: ["--version"],
  configure: (options) => ({
    files: { "knot.conf": configuration(options) },
    arguments: ["-c", `${options.directory}/knot.conf`],
  }),
};

function configuration({ directory, port, zones }: PeerOptions): string {
  const entries = zones.map(({ origin, file }) => `  - domain: "${origin}"\n    file: "${file}"\n`);
  return `server:
  rundir: "${directory}"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${directory}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    semantic-checks: off
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
zone:
${entries.join("")}`;
}
