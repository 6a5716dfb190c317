import { pino } from "pino";
import { startNameServer } from "../../src/dataplane/server/name-server.ts";
import type { NameServer, NameServerOptions } from "../../src/dataplane/server/name-server.ts";
import type { Endpoint } from "../../src/dataplane/server/socket-address.ts";
import { inNamespace } from "./namespace-libc.ts";
import type { VethPair } from "./veth-pair.ts";

/** A name server at one end of a cable, with what it has logged. */
export type XdpServer = {
  server: NameServer;
  /** Its addresses, IPv4 first. */
  ipv4: Endpoint;
  ipv6: Endpoint;
  log: { level: number; msg: string; reason?: string; mode?: string }[];
  /** The value of a metric, summed over its labels unless one is given. */
  metric(name: string, labels?: string): number;
};

/** Nobody else is in the namespace. */
const port = 53;

/** Starts one that answers on both addresses of the server's end; by default an echo. */
export async function startAt(
  { server: end }: VethPair,
  options: Partial<NameServerOptions> & { asNobody?: boolean } = {},
): Promise<XdpServer> {
  const log: XdpServer["log"] = [];
  const logger = pino({ base: null }, { write: (line: string) => void log.push(JSON.parse(line)) });
  const { asNobody = false, ...rest } = options;
  const opening = (): Promise<NameServer> =>
    startNameServer({
      listen: [
        { address: end.ipv4, port },
        { address: end.ipv6, port },
      ],
      io: `xdp:${end.interface}`,
      workers: 1,
      answer: "echo",
      logger,
      ...rest,
    });
  // What needs the namespace and privileges is opened before it first waits.
  const server = await inNamespace(end.namespace, () => (asNobody ? asUser(opening) : opening()));
  const [ipv4, ipv6] = server.addresses as [Endpoint, Endpoint];
  return { server, ipv4, ipv6, log, metric: (name, labels) => metricOf(server, name, labels) };
}

/** Without root's privileges while it acts. */
function asUser<T>(act: () => T): T {
  process.seteuid?.(nobody);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
  }
}

const nobody = 65_534;

function metricOf(server: NameServer, name: string, labels?: string): number {
  let sum = 0;
  for (const line of server.metricsText().split("\n")) {
    const [series = "", value] = line.split(" ");
    const [family, rest = ""] = series.split("{");
    if (family === name && (labels === undefined || rest.includes(labels))) sum += Number(value);
  }
  return sum;
}
