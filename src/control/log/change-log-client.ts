import type { MessagePort } from "node:worker_threads";
import { logEntrySizeMax, stageCountMax } from "../../base/limits.ts";
import type { Committed } from "../model/committed.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { AppliedRegister } from "./applied-register.ts";
import { StoreError, StoreFullError } from "./change-log.ts";
import type { Appended, ChangeLog, NewEntry, Staged } from "./change-log.ts";
import type { StoreReply, StoreRequest } from "./store-messages.ts";

type Pending = { resolve(result: never): void; reject(error: Error): void };
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/**
 * The change log as any thread sees it, over a port that `Store.connect()` gave.
 * `applied` is this client's own: only the main thread's is kept up to date.
 */
export class ChangeLogClient implements ChangeLog {
  readonly applied: AppliedRegister;
  /** Resolves when the store knows the port: a state read after that misses no later commit. */
  readonly connected: Promise<void>;
  readonly #port: MessagePort;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners: ((committed: Committed) => void)[] = [];
  #nextId = 1;
  #gone: string | undefined;
  #drained: (() => void) | undefined;
  #onConnected: () => void = () => {};

  constructor(port: MessagePort, appliedUpTo = 0) {
    this.applied = new AppliedRegister(appliedUpTo);
    this.#port = port;
    this.connected = new Promise((resolve) => {
      this.#onConnected = resolve;
    });
    port.on("message", (reply: StoreReply) => this.#receive(reply));
    port.on("close", () => this.gone("the store has stopped"));
  }

  append(subject: string, expectedHead: number, entry: NewEntry): Promise<Appended | "conflict"> {
    const { action, mutations } = entry;
    const json = JSON.stringify(mutations);
    return this.#ask({ kind: "append", subject, expectedHead, action, json });
  }

  async stageRRsets(importId: string, rrsets: readonly ResourceRecordSet[]): Promise<Staged> {
    let staged: Staged = { count: 0, hash: "" };
    for (const json of chunks(rrsets)) {
      staged = await this.#ask({ kind: "stage", importId, json });
    }
    return staged;
  }

  async discardImport(importId: string): Promise<void> {
    await this.#ask({ kind: "discard", importId });
  }

  onCommitted(listener: (committed: Committed) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes nothing more; resolves when everything asked for has been answered. */
  drain(): Promise<void> {
    this.#gone ??= "the store is stopping";
    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#tellIfDrained();
    });
  }

  close(): void {
    this.#port.close();
  }

  /** Nothing more comes from the store: whoever waits is told. */
  gone(why: string): void {
    this.#gone ??= why;
    for (const { reject } of this.#pending.values()) reject(this.#goneError());
    this.#pending.clear();
    this.#tellIfDrained();
  }

  #ask<T>(request: WithoutId<StoreRequest>): Promise<T> {
    if (this.#gone !== undefined) return Promise.reject(this.#goneError());
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#port.postMessage({ ...request, id });
    });
  }

  #receive(reply: StoreReply): void {
    if (reply.kind === "connected") return this.#onConnected();
    if (reply.kind === "gone") return this.gone(reply.message);
    if (reply.kind === "committed") {
      for (const entry of reply.entries) for (const listener of this.#listeners) listener(entry);
      return;
    }
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.kind === "failed") {
      const ErrorClass = reply.full ? StoreFullError : StoreError;
      pending?.reject(new ErrorClass(reply.message));
    } else {
      pending?.resolve(reply.result as never);
    }
    this.#tellIfDrained();
  }

  #tellIfDrained(): void {
    if (this.#pending.size === 0) this.#drained?.();
  }

  #goneError(): StoreError {
    return new StoreError(`Cannot append change: ${this.#gone}`);
  }
}

/** The sets as JSON arrays, each small enough for one entry; one empty array for none. */
function* chunks(rrsets: readonly ResourceRecordSet[]): Generator<string> {
  let texts: string[] = [];
  let size = 0;
  for (const rrset of rrsets) {
    const text = JSON.stringify(rrset);
    if (texts.length === stageCountMax || size + text.length > logEntrySizeMax / 2) {
      yield `[${texts.join(",")}]`;
      texts = [];
      size = 0;
    }
    texts.push(text);
    size += text.length + 1;
  }
  yield `[${texts.join(",")}]`;
}
