import { setTimeout as sleep } from "node:timers/promises";
import { formatIp } from "../../src/base/ip.ts";
import { RCODE, TYPE } from "../../src/dns/wire/registries.ts";
import { ask } from "./ask.ts";

const deadlineMs = 5_000;

type Server = { address: string; port: number };

/** The addresses and TTL of an A set: `192.0.2.1 60`; `NXDOMAIN`, or empty for no data. */
export async function askAddress(server: Server, name: string): Promise<string> {
  const { rcode, answer } = await ask(server, name, "A");
  if (rcode === RCODE.NXDOMAIN) return "NXDOMAIN";
  return answer
    .filter(({ type }) => type === TYPE.A)
    .map(({ rdata, ttl }) => `${formatIp(rdata)} ${ttl}`)
    .toSorted()
    .join(", ");
}

/** Asks until the answer is as wanted, as it is a moment after a change. */
export async function untilAddress(server: Server, name: string, wanted: string): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const found = await askAddress(server, name);
    if (found === wanted) return;
    if (Date.now() > end) throw new Error(`${name} is ${found}, not ${wanted}`);
    await sleep(5);
  }
}
