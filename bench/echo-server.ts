/**
 * A bare UDP echo over Signpost's own mmsg driver: what the socket path costs with nothing behind
 * it. `tools/node bench/echo-server.ts PORT [mmsg|dgram]` prints `ready PORT`, then echoes until
 * SIGTERM or SIGINT. Load it with
 * `dnsperf -s 127.0.0.1 -p PORT -d QUERIES -l 10`, and divide user and system time of the process
 * (/proc/PID/stat) by the queries completed; bench/cpu-per-query.ts does so.
 */
import { startNameServer } from "../src/dataplane/server/name-server.ts";

const [port = "0", io = "mmsg"] = process.argv.slice(2);
const server = await startNameServer({
  listen: [{ address: "127.0.0.1", port: Number(port) }],
  io: io === "dgram" ? "dgram" : "mmsg",
  workers: 1,
  answer: "echo",
});
process.stdout.write(`ready ${server.addresses[0]?.port}\n`);
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => void server.stop());
