import { messageSizeMax } from "../../base/limits.ts";
import * as c from "../../dataplane/server/libc.ts";
import type { Libc } from "../../dataplane/server/libc.ts";
import * as layout from "../../dataplane/server/mmsg-layout.ts";
import { socketAddressSize } from "../../dataplane/server/socket-address.ts";
import type { HandedQuery } from "./hand-over.ts";

/** Where the parts of one struct mmsghdr lie in the memory of the replies. */
const vector = layout.header.size;
const client = 128;
const control = client + socketAddressSize;
const response = control + layout.controlRoom;
const memorySize = response + messageSizeMax;

/**
 * Sends responses to clients whose queries were handed over, from the very socket and address that
 * they had asked. For the resolver thread.
 */
export class ClientReplies {
  readonly #libc: Libc;
  readonly #base: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(libc: Libc) {
    this.#libc = libc;
    const flags = c.MAP_PRIVATE_ANONYMOUS;
    this.#base = libc.mmap(0, memorySize, c.PROT_READ_WRITE, flags, -1, 0);
    if (this.#base === -1) throw new Error(`Cannot map memory for replies: ${memorySize} octets`);
    const memory = libc.view(this.#base, memorySize);
    this.#bytes = new Uint8Array(memory);
    this.#view = new DataView(memory);
    this.#pointer(layout.header.name, client);
    this.#pointer(layout.header.vectors, vector);
    this.#number(layout.header.vectorCount, 1);
    this.#pointer(vector + layout.vector.base, response);
  }

  /**
   * Sends one response of at most 65,535 octets; it never waits.
   * @returns 0, or the number of the system's error: the client gets nothing then
   */
  send(query: HandedQuery, message: Uint8Array): number {
    const bytes = this.#bytes;
    const isIpv6 = query.client[0] === c.AF_INET6;
    bytes.set(query.client, client);
    this.#number(layout.header.nameSize, isIpv6 ? 28 : 16);
    let controlSize = 0;
    if (query.control) {
      bytes.set(query.control, control);
      controlSize = isIpv6 ? layout.control.ipv6Size : layout.control.ipv4Size;
      this.#pointer(layout.header.control, control);
      layout.freeInterface(this.#view, control, isIpv6);
    }
    this.#number(layout.header.controlSize, controlSize);
    bytes.set(message, response);
    this.#number(vector + layout.vector.length, message.length);
    const sent = this.#libc.sendmmsg(query.socketFd, this.#base, 1, c.MSG_DONTWAIT);
    return sent === 1 ? 0 : this.#libc.errno();
  }

  close(): void {
    this.#libc.munmap(this.#base, memorySize);
  }

  #pointer(offset: number, target: number): void {
    this.#number(offset, this.#base + target);
  }

  #number(offset: number, value: number): void {
    this.#view.setBigUint64(offset, BigInt(value), true);
  }
}
