import type { Logger } from "../../telemetry/logger.ts";
import { loadLibc } from "./libc.ts";
import { nativeTasks, portableTasks, xdpTasks } from "./worker-tasks.ts";
import type { TaskOptions, WorkerTasks } from "./worker-tasks.ts";

/**
 * The UDP driver: `auto` takes `mmsg` where it works; `xdp:INTERFACE` puts AF_XDP on an interface
 * beside `mmsg`.
 */
export type PacketIo = "auto" | "mmsg" | "dgram" | `xdp:${string}`;

/**
 * Opens sockets, or reserves their addresses, and says what workers are to do with them.
 * @throws ListenError, InterfaceError; Error where `io` does not work here
 */
export async function openTasks(
  io: PacketIo,
  options: TaskOptions & { logger: Logger },
): Promise<WorkerTasks> {
  if (io === "dgram") return portableTasks(options);
  let libc;
  try {
    libc = loadLibc();
  } catch (error) {
    if (io !== "auto") throw error;
    options.logger.warn({ reason: String(error) }, "no batched packet I/O here: using node:dgram");
    return portableTasks(options);
  }
  const xdpOn = /^xdp:(.+)$/.exec(io)?.[1];
  if (xdpOn !== undefined) return xdpTasks(libc, xdpOn, options);
  return nativeTasks(libc, options);
}
