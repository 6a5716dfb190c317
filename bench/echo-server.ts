/**
 * A bare UDP echo over a driver of Signpost's own: what the path of packets costs with nothing behind
 * it. `tools/node bench/echo-server.ts [ADDRESS:]PORT [mmsg|dgram|xdp:IFACE]` prints `ready PORT`, then
 * echoes until SIGTERM or SIGINT. Load it with
 * `dnsperf -s 127.0.0.1 -p PORT -d QUERIES -l 10`, and divide user and system time of the process
 * (/proc/PID/stat) by the queries completed; bench/cpu-per-query.ts does so.
 */
import { startNameServer } from "../src/dataplane/server/name-server.ts";
import type { PacketIo } from "../src/dataplane/server/open-tasks.ts";

const [listen = "0", io = "mmsg"] = process.argv.slice(2);
const [port = "0", address = "127.0.0.1"] = listen.split(":").toReversed();
const server = await startNameServer({
  listen: [{ address, port: Number(port) }],
  io: io as PacketIo,
  workers: 1,
  answer: "echo",
});
process.stdout.write(`ready ${server.addresses[0]?.port}\n`);
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void server.stop());
