import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What one run of dnsperf counted. */
export type DnsperfResult = {
  readonly sent: number;
  readonly completed: number;
  readonly lost: number;
  readonly queriesPerSecond: number;
  /** From a query to its response, on average. */
  readonly latencyUs: number;
  /** Octets of a response on average. */
  readonly responseSize: number;
  /** Such as `NOERROR 90%`. */
  readonly rcodes: string;
};

/** How queries go to a server. */
export type DnsperfOptions = {
  readonly port: number;
  readonly queryFile: string;
  readonly seconds: number;
  /** Default: UDP. */
  readonly transport?: "udp" | "tcp" | undefined;
  /** Whether queries have an OPT record, which allows responses of more than 512 octets. */
  readonly edns?: boolean | undefined;
  /** An EDNS option that every query carries: its code and its data in hexadecimal digits. */
  readonly ednsOption?: string | undefined;
  /** Whether the file holds messages, each after its length in two octets. */
  readonly binary?: boolean | undefined;
  /** Offered queries a second; default: as fast as they are answered. */
  readonly queriesPerSecond?: number | undefined;
  /** Queries that wait for their answers at once, of how many clients; default: 256 of 8. */
  readonly outstanding?: { readonly queries: number; readonly clients: number } | undefined;
  /** Words before the command line. */
  readonly prefix?: readonly string[] | undefined;
};

const run = promisify(execFile);

/** Sends queries of a file as fast as they are answered, from core 1, for some seconds. */
export async function dnsperf(options: DnsperfOptions): Promise<DnsperfResult> {
  const { port, queryFile, seconds, ednsOption, queriesPerSecond, prefix = [] } = options;
  const { queries, clients } = options.outstanding ?? { queries: 256, clients: 8 };
  const load = `-s 127.0.0.1 -p ${port} -d ${queryFile} -l ${seconds} -T 1 -t 1`;
  const words = [
    ...[...load.split(" "), "-c", String(clients), "-q", String(queries)],
    ...(options.transport === "tcp" ? ["-m", "tcp"] : []),
    ...(options.edns ? ["-e"] : []),
    ...(ednsOption === undefined ? [] : ["-E", ednsOption]),
    ...(options.binary ? ["-B"] : []),
    ...(queriesPerSecond === undefined ? [] : ["-Q", String(queriesPerSecond)]),
  ];
  const [program, ...rest] = [...prefix, "taskset", "-c", "1", "dnsperf", ...words];
  const { stdout } = await run(program as string, rest);
  return {
    sent: numberAfter(stdout, "Queries sent"),
    completed: numberAfter(stdout, "Queries completed"),
    lost: numberAfter(stdout, "Queries lost"),
    queriesPerSecond: numberAfter(stdout, "Queries per second"),
    latencyUs: numberAfter(stdout, String.raw`Average Latency \(s\)`) * 1e6,
    responseSize: Number(/packet size:.*response (\d+)/.exec(stdout)?.[1] ?? Number.NaN),
    rcodes: rcodesOf(stdout),
  };
}

function numberAfter(text: string, label: string): number {
  return Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(text)?.[1] ?? Number.NaN);
}

function rcodesOf(text: string): string {
  const line = /Response codes:\s+(.+)/.exec(text)?.[1] ?? "";
  return line.replaceAll(/ \d+ \(([\d.]+)%\)/g, (_, share) => ` ${Math.round(Number(share))} %`);
}
