import type { PeerKind, PeerOptions } from "./peer.ts";

/** NSD, with minimal responses and without its rate limit. */
export const nsd: PeerKind = {
  name: "nsd",
  program: "nsd",
  versionArguments: ["-v"],
  configure: (options) => ({
    files: { "nsd.conf": configuration(options) },
    arguments: ["-d", "-c", `${options.directory}/nsd.conf`],
  }),
};

function configuration({ directory, port, zones }: PeerOptions): string {
  const entries = zones.map(
    ({ origin, file }) => `zone:\n  name: "${origin}"\n  zonefile: "${file}"\n`,
  );
  return `server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  database: ""
  zonesdir: "${directory}"
  pidfile: "${directory}/nsd.pid"
  xfrdfile: "${directory}/xfrd.state"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/zone.list"
  minimal-responses: yes
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
${entries.join("")}`;
}
