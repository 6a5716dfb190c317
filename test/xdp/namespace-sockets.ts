import { encodeSocketAddress } from "../../src/dataplane/server/socket-address.ts";
import type { Endpoint } from "../../src/dataplane/server/socket-address.ts";
import { inNamespace, testLibc } from "./namespace-libc.ts";
import type { End } from "./veth-pair.ts";

const EINTR = 4;
const EAGAIN = 11;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_PACKET = 17;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
/** ETH_P_ALL in network order. */
const allProtocols = 0x0300;

/** Far longer than an answer takes, for a busy machine holds threads up for long. */
const answerTimeoutMs = 5_000;

/** A socket of another namespace that blocks, at most for its time-out. */
class BlockingSocket {
  protected readonly fd: number;

  constructor(namespace: string, socket: { family: number; type: number; protocol?: number }) {
    const { family, type, protocol = 0 } = socket;
    this.fd = inNamespace(namespace, () => testLibc().socket(family, type, protocol));
    if (this.fd < 0) throw new Error(`Cannot open a socket in ${namespace}`);
    this.setTimeout(answerTimeoutMs);
  }

  /** What a receive waits at most. */
  setTimeout(ms: number): void {
    const seconds = Math.floor(ms / 1000);
    const time = BigInt64Array.of(BigInt(seconds), BigInt((ms % 1000) * 1000));
    const bytes = new Uint8Array(time.buffer);
    testLibc().setsockopt(this.fd, SOL_SOCKET, SO_RCVTIMEO, bytes, bytes.length);
  }

  send(bytes: Uint8Array): void {
    const sent = testLibc().send(this.fd, bytes, bytes.length, 0);
    if (sent !== bytes.length) throw new Error(`Cannot send ${bytes.length} octets`);
  }

  /** `undefined` if nothing comes in time. */
  receive(): Uint8Array | undefined {
    const buffer = new Uint8Array(65_536);
    const size = testLibc().recv(this.fd, buffer, buffer.length, 0);
    if (size >= 0) return buffer.slice(0, size);
    const errno = testLibc().errno();
    if (errno === EAGAIN) return undefined;
    // With a time-out, a signal to this process ends the call.
    if (errno === EINTR) return this.receive();
    throw new Error(`Cannot receive: errno ${errno}`);
  }

  close(): void {
    testLibc().close(this.fd);
  }
}

/** A client of a DNS server, over UDP or TCP. */
export class BlockingClient extends BlockingSocket {
  readonly #isTcp: boolean;

  constructor(namespace: string, server: Endpoint, protocol: "udp" | "tcp" = "udp") {
    const family = server.address.includes(":") ? AF_INET6 : AF_INET;
    super(namespace, { family, type: protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM });
    this.#isTcp = protocol === "tcp";
    const address = encodeSocketAddress(server);
    if (testLibc().connect(this.fd, address, address.length) !== 0) {
      throw new Error(`Cannot connect to ${server.address}`);
    }
  }

  ask(message: Uint8Array): Uint8Array | undefined {
    if (!this.#isTcp) {
      this.send(message);
      return this.receive();
    }
    const frame = new Uint8Array(2 + message.length);
    frame.set([message.length >> 8, message.length & 255]);
    frame.set(message, 2);
    this.send(frame);
    let received = new Uint8Array();
    for (;;) {
      const size = 2 + (((received[0] ?? 0) << 8) | (received[1] ?? 0));
      if (received.length >= 2 && received.length >= size) return received.slice(2, size);
      const more = this.receive();
      if (!more || more.length === 0) return undefined;
      received = Uint8Array.of(...received, ...more);
    }
  }
}

/** Whole Ethernet frames, sent and received on one end; also sees what that end sends itself. */
export class FrameSocket extends BlockingSocket {
  constructor(end: End) {
    super(end.namespace, { family: AF_PACKET, type: SOCK_RAW, protocol: allProtocols });
    const index = inNamespace(end.namespace, () => testLibc().if_nametoindex(end.interface));
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, allProtocols, true);
    view.setInt32(4, index, true);
    if (testLibc().bind(this.fd, address, address.length) !== 0) {
      throw new Error(`Cannot bind to ${end.interface}`);
    }
  }

  /** The first frame that is looked for, if one comes in time. */
  waitFor(isIt: (frame: Uint8Array) => boolean, timeoutMs: number): Uint8Array | undefined {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const left = Math.ceil(deadline - performance.now());
      if (left <= 0) return undefined;
      this.setTimeout(left);
      const frame = this.receive();
      if (frame && isIt(frame)) return frame;
    }
  }
}
