/**
 * Endpoints to be checked: an HTTP server that answers 200 on many loopback addresses.
 *
 *   tools/node bench/http-endpoints.ts PORT COUNT      (127.1.0.1 and on)
 */
import { createServer } from "node:http";
import { endpointAddress } from "./health-endpoints.ts";

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
let waiting = count;
for (let index = 0; index < count; index++) {
  const server = createServer({ keepAlive: false }, (_request, response) => {
    response.writeHead(200, { connection: "close" }).end("ok\n");
  });
  server.listen({ host: endpointAddress(index), port, backlog: 1_024 }, () => {
    if (--waiting === 0) console.log("ready");
  });
}
