import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What one run of dnsperf counted. */
export type DnsperfResult = {
  readonly sent: number;
  readonly completed: number;
  readonly lost: number;
  readonly queriesPerSecond: number;
  /** Such as `NOERROR 90%`. */
  readonly rcodes: string;
};

const run = promisify(execFile);

/** Sends queries of a file as fast as they are answered, from core 1, for some seconds. */
export async function dnsperf(options: {
  readonly port: number;
  readonly queryFile: string;
  readonly seconds: number;
  /** An EDNS option that every query carries: its code and its data in hexadecimal digits. */
  readonly ednsOption?: string | undefined;
  /** Whether the file holds messages, each after its length in two octets. */
  readonly binary?: boolean | undefined;
}): Promise<DnsperfResult> {
  const { port, queryFile, seconds, ednsOption, binary } = options;
  const load = `-s 127.0.0.1 -p ${port} -d ${queryFile} -l ${seconds} -c 8 -T 1 -q 256 -t 1`;
  const edns = ednsOption === undefined ? [] : ["-E", ednsOption];
  const words = [...load.split(" "), ...edns, ...(binary ? ["-B"] : [])];
  const { stdout } = await run("taskset", ["-c", "1", "dnsperf", ...words]);
  return {
    sent: numberAfter(stdout, "Queries sent"),
    completed: numberAfter(stdout, "Queries completed"),
    lost: numberAfter(stdout, "Queries lost"),
    queriesPerSecond: numberAfter(stdout, "Queries per second"),
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
