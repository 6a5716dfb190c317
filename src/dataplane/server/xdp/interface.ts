import {
  AF_INET,
  MAP_PRIVATE_ANONYMOUS,
  PROT_READ_WRITE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "../libc.ts";
import type { Libc } from "../libc.ts";
import { XdpError } from "./xdp-error.ts";

/** What netdevice(7) tells of an interface. */
export type NetworkInterface = {
  name: string;
  index: number;
  mac: Uint8Array;
  mtu: number;
  isUp: boolean;
  /** Whether packets have Ethernet headers. */
  isEthernet: boolean;
  /** Receive queues in use; each has a socket of its own. */
  queueCount: number;
  /** Whether the hardware takes VLAN tags off: then tagged packets look like others. */
  stripsVlanTags: boolean;
};

const request = { flags: 0x8913, mtu: 0x8921, hardwareAddress: 0x8927, ethtool: 0x8946 } as const;
/** `struct ifreq`: the name in 16 octets, then what is asked for. */
const ifreqSize = 40;
const nameSize = 16;
const flagUp = 1;
const hardwareEthernet = 1;

const ethtool = { getFlags: 0x25, getChannels: 0x3c } as const;
const flagReceiveVlan = 1 << 8;
/** `struct ethtool_channels` in words. */
const channels = { receive: 5, combined: 8, words: 9 } as const;

/** The interface of a name; `undefined` where there is none. @throws XdpError */
export function readInterface(libc: Libc, name: string): NetworkInterface | undefined {
  const index = libc.if_nametoindex(name);
  if (index === 0) return undefined;
  const asking = new Asking(libc, name);
  try {
    const hardware = asking.ask(request.hardwareAddress);
    return {
      name,
      index,
      isUp: (asking.ask(request.flags).getUint16(nameSize, true) & flagUp) !== 0,
      mtu: asking.ask(request.mtu).getInt32(nameSize, true),
      isEthernet: hardware.getUint16(nameSize, true) === hardwareEthernet,
      mac: new Uint8Array(hardware.buffer.slice(nameSize + 2, nameSize + 8)),
      queueCount: countQueues(asking),
      stripsVlanTags: (asking.askDriver(ethtool.getFlags)[1] ?? 0) & flagReceiveVlan ? true : false,
    };
  } finally {
    asking.close();
  }
}

/** Of a driver that does not tell: one. */
function countQueues(asking: Asking): number {
  const counts = asking.askDriver(ethtool.getChannels);
  return Math.max(1, (counts[channels.receive] ?? 0) + (counts[channels.combined] ?? 0));
}

/** A socket and memory to ask with. */
class Asking {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #name: Uint8Array;
  readonly #page: number;

  constructor(libc: Libc, name: string) {
    this.#libc = libc;
    this.#name = new TextEncoder().encode(name);
    this.#fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    this.#page = libc.mmap(0, pageSize, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (this.#fd < 0 || this.#page === -1) throw XdpError.of(libc, "ask about an interface");
  }

  /** @throws XdpError */
  ask(number: number): DataView<ArrayBuffer> {
    const view = this.#request();
    if (this.#libc.ioctl(this.#fd, number, new Uint8Array(view.buffer)) !== 0) {
      throw XdpError.of(this.#libc, "ask about an interface");
    }
    return view;
  }

  /** The words of an ethtool command's answer; none where the driver does not know it. */
  askDriver(command: number): Uint32Array {
    const words = new Uint32Array(this.#libc.view(this.#page, pageSize), 0, channels.words);
    words.fill(0);
    words[0] = command;
    const view = this.#request();
    view.setBigUint64(nameSize, BigInt(this.#page), true);
    const status = this.#libc.ioctl(this.#fd, request.ethtool, new Uint8Array(view.buffer));
    return status === 0 ? words.slice() : new Uint32Array(0);
  }

  close(): void {
    this.#libc.close(this.#fd);
    this.#libc.munmap(this.#page, pageSize);
  }

  #request(): DataView<ArrayBuffer> {
    const bytes = new Uint8Array(ifreqSize);
    bytes.set(this.#name);
    return new DataView(bytes.buffer);
  }
}

const pageSize = 4096;
