import type { Damage } from "../state/state-reader.ts";
import type { Committed } from "../model/committed.ts";
import type { Appended, Staged } from "./change-log.ts";
import type { MessagePort } from "node:worker_threads";

/** From a client to the store thread. `id` ties the reply to the request. */
export type StoreRequest =
  | {
      kind: "append";
      id: number;
      subject: string;
      expectedHead: number;
      action: string;
      json: string;
    }
  | { kind: "stage"; id: number; importId: string; json: string }
  | { kind: "discard"; id: number; importId: string };

/** From the store thread to a client. */
export type StoreReply =
  /** The first on every port: what is committed from here on is reported. */
  | { kind: "connected" }
  | { kind: "appended"; id: number; result: Appended | "conflict" }
  | { kind: "staged"; id: number; result: Staged }
  | { kind: "failed"; id: number; message: string; full: boolean }
  /** What one group committed; comes before the replies of that group. */
  | { kind: "committed"; entries: Committed[] }
  /** The store has stopped or died; nothing follows. */
  | { kind: "gone"; message: string };

/** From the thread that opened the store. */
export type StoreCommand = { kind: "connect"; port: MessagePort } | { kind: "stop" };

/** To the thread that opened the store. */
export type StoreReport =
  | { kind: "ready"; damage: Damage[] }
  | { kind: "refused"; message: string }
  | { kind: "stopped" };
