import type { PeerKind, PeerOptions } from "./peer.ts";

/** BIND, authoritative only, with minimal responses and without its checks of zone contents. */
export const bind: PeerKind = {
  name: "bind",
  program: "named",
  versionArguments: ["-v"],
  configure: (options) => ({
    files: { "named.conf": configuration(options) },
    arguments: ["-g", "-n", "1", "-c", `${options.directory}/named.conf`],
  }),
};

function configuration({ directory, port, zones }: PeerOptions): string {
  const entries = zones.map(
    ({ origin, file }) => `zone "${origin}" { type primary; file "${file}"; };\n`,
  );
  return `options {
  directory "${directory}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  lock-file none;
  recursion no;
  notify no;
  minimal-responses yes;
  dnssec-validation no;
  empty-zones-enable no;
  check-names primary ignore;
  check-integrity no;
  check-mx ignore;
  check-mx-cname ignore;
  check-srv-cname ignore;
  check-dup-records ignore;
  check-spf ignore;
  max-records-per-type 0;
  max-types-per-name 0;
  max-udp-size 1232;
  rrset-order { order none; };
};
controls { };
${entries.join("")}`;
}
