/**
 * A name server for tests that watch its process: the mixed zones behind the `mmsg` driver, with one
 * worker. It listens at once, prints `listening PORT PID`, and obeys lines on standard input:
 *
 *   start     answers from now on; prints `started`
 *   trace     has V8 print every deoptimisation from now on; prints `traced`
 *   stumble   is deoptimised on purpose, to show that the trace tells, which ends then; prints
 *             `stumbled`
 *   stop      ends
 */
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";

import { openNameServer } from "../../src/dataplane/server/name-server.ts";
import { mixedZones } from "../support/mixed-zones.ts";
import { smallWorld } from "../support/small-world.ts";

const server = await openNameServer({
  listen: [{ address: "127.0.0.1", port: 0 }],
  io: "mmsg",
  workers: 1,
  nsid: "mixed",
});
const zones = mixedZones().map(({ buffer }, i) => ({
  zoneKey: i + 1,
  image: buffer,
  queryLog: false,
}));
await server.publish(zones);
await server.publishLocations(smallWorld().buffer);
console.log(`listening ${server.addresses[0]?.port} ${process.pid}`);

const commands: Readonly<Record<string, () => Promise<void> | void>> = {
  async start() {
    await server.start();
    console.log("started");
  },
  trace() {
    setFlagsFromString("--trace-deopt");
    console.log("traced");
  },
  stumble() {
    for (let i = 0; i < 1_000_000; i++) stumbling({ number: i & 7 });
    stumbling({ number: 0.5, shape: "another" });
    setFlagsFromString("--no-trace-deopt");
    console.log("stumbled");
  },
  async stop() {
    await server.stop();
    process.exit();
  },
};

function stumbling(object: { number: number; shape?: string }): number {
  return object.number + 1;
}

for await (const line of createInterface({ input: process.stdin })) await commands[line]?.();
