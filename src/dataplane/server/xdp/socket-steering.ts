import type { XdpTask } from "../worker-setup.ts";
import type { Bpf } from "./bpf.ts";
import type { Steering } from "./xdp-driver.ts";

/**
 * Steering by the program's map of sockets: a queue without an entry is the kernel's, so queries
 * wait in its sockets until a worker is ready, and go there again when it stops.
 */
export function socketSteering(bpf: Bpf, { sockets, socketsFd }: XdpTask): Steering {
  return {
    take() {
      for (const { queue, fd } of sockets) bpf.updateMap(socketsFd, word(queue), word(fd));
    },
    leave() {
      for (const { queue } of sockets) bpf.deleteFromMap(socketsFd, word(queue));
    },
  };
}

function word(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
