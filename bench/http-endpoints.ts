/**
 * Endpoints to be checked: a server that answers HTTP requests with 200 on many loopback addresses,
 * and prints how many it has answered, once a second.
 *
 *   tools/node bench/http-endpoints.ts PORT COUNT      (127.1.0.1 and on)
 */
import { createServer } from "node:net";
import { endpointAddress } from "./health-endpoints.ts";

const response = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
const [port = 0, count = 0] = process.argv.slice(2).map(Number);
let waiting = count;
let answered = 0;
for (let index = 0; index < count; index++) {
  const server = createServer((socket) => {
    // A request of a checker is one segment: what matters here is to cost the machine little.
    socket.once("data", () => {
      answered++;
      socket.end(response);
    });
    socket.on("error", () => {});
  });
  server.listen({ host: endpointAddress(index), port, backlog: 64 }, () => {
    if (--waiting === 0) setInterval(() => console.log(answered), 1_000);
  });
}
