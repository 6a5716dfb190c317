import type { MessagePort } from "node:worker_threads";
import type { ControlBlock } from "./control-block.ts";
import type { MmsgListener, MmsgMemory } from "./mmsg-driver.ts";
import type { Endpoint } from "./socket-address.ts";
import type { TcpOptions } from "./tcp-options.ts";
import type { WorkerCounters } from "./worker-counters.ts";
import type { XdpMemory } from "./xdp/xdp-layout.ts";
import type { XdpSocket } from "./xdp/xdp-socket.ts";

/** What workers serve changes by: the image of one hosted zone, or null if it is served no more. */
export type ZoneUpdate = {
  zoneKey: number;
  image: SharedArrayBuffer | null;
  /** Whether its queries go to the query log. */
  queryLog: boolean;
};

/** A table of where addresses are (geo/layout.ts) from now on; null: none. */
export type LocationTable = SharedArrayBuffer | null;

/** What a worker is to serve. */
export type Updates = {
  zones: readonly ZoneUpdate[];
  /** Where that has changed. */
  locations?: LocationTable | undefined;
};

export type AnswerOptions = {
  /** `echo` sends queries back: what the drivers cost without a name server behind them. */
  kind: "nameserver" | "echo";
  /** Octets of a UDP response, whatever the client offers (RFC 6891 §6.2.5). */
  udpPayloadSizeMax: number;
  /** RFC 5001; none: the option is not answered. */
  nsid?: string | undefined;
};

/** The part of a worker's setup that differs from worker to worker. */
export type WorkerTask =
  | {
      kind: "mmsg";
      listeners: readonly MmsgListener[];
      memory: MmsgMemory;
      coalesceUs: number;
      /** The only one that the worker runs on; none: the kernel moves it about. */
      cpu?: number | undefined;
    }
  | XdpTask
  | { kind: "dgram"; endpoints: readonly Endpoint[] }
  | { kind: "tcp"; sockets: readonly number[]; endpoints: readonly Endpoint[]; tcp: TcpOptions };

/** Queues of one interface, whose packets go past the kernel's network stack. */
export type XdpTask = {
  kind: "xdp";
  sockets: readonly XdpSocket[];
  memory: XdpMemory;
  coalesceUs: number;
  /** The map in which the worker enters its sockets. */
  socketsFd: number;
  /** Octets of a DNS message that fit into one packet. */
  responseSizeMax: number;
};

/** What every worker thread gets when it starts, whatever it answers. */
export type WorkerStart = {
  index: number;
  task: WorkerTask;
  control: ControlBlock;
  counters: WorkerCounters;
  /** All that it is to serve as of `generation`: messages of `News`, there already. */
  updates: MessagePort;
  generation: number;
};

/** What a worker of the name server gets. */
export type WorkerSetup = WorkerStart & {
  answer: AnswerOptions;
  queryLog: SharedArrayBuffer;
  /** What is up (policy/status-table.ts). */
  status: SharedArrayBuffer;
};

export type MessageToWorker<News = Updates> = { updates: News; generation: number } | "stop";

export type MessageFromWorker = { applied: number };
