import { readFileSync } from "node:fs";

import type { PeerKind } from "../../test/differential/peers/peer.ts";

/** gdnsd with one UDP thread. It wants each zone in a file of the zone's name. */
export const gdnsd: PeerKind = {
  name: "gdnsd",
  program: "gdnsd",
  versionArguments: ["-h"],
  configure: ({ directory, port, zones }) => {
    const copies = zones.map(({ origin, file }) => {
      const name = origin.replace(/\.$/, "").replaceAll("/", "@");
      return [`zones/${name}`, readFileSync(file, "latin1")] as const;
    });
    const configuration = `options => {
  listen => 127.0.0.1:${port}
  udp_threads => 1
  tcp_threads => 1
  run_dir => ${directory}/run
  state_dir => ${directory}/state
}
`;
    return {
      files: { config: configuration, "run/.keep": "", ...Object.fromEntries(copies) },
      arguments: ["-c", directory, "start"],
    };
  },
};
