import { createRequire } from "node:module";
import type * as Koffi from "koffi";

/**
 * The functions of the C library that the packet path calls. Addresses and sizes are plain
 * numbers (addresses have 47 bits); a number converts faster than a BigInt or an object.
 * Every function returns -1 on failure and leaves the reason in `errno()`.
 */
export type Libc = {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, size: number): number;
  listen(fd: number, backlog: number): number;
  dup(fd: number): number;
  close(fd: number): number;
  getsockname(fd: number, address: Uint8Array, size: Int32Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, size: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, size: Int32Array): number;
  poll(entries: number, count: number, timeoutMs: number): number;
  sendto(fd: number, at: number, size: number, flags: number, address: number, n: number): number;
  recvfrom(fd: number, at: number, size: number, flags: number, address: number, n: number): number;
  recvmmsg(fd: number, headers: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, headers: number, count: number, flags: number): number;
  /** Sleeps; 0 unless a signal came first. */
  usleep(microseconds: number): number;
  /** CPUs that a thread may run on, a bit each, as many octets as given; 0: the calling thread. */
  sched_getaffinity(thread: number, size: number, mask: Uint8Array): number;
  sched_setaffinity(thread: number, size: number, mask: Uint8Array): number;
  prctl(option: number, value: number, third: number, fourth: number, fifth: number): number;
  mmap(at: number, size: number, protection: number, flags: number, fd: number, o: number): number;
  munmap(at: number, size: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  /** A system call that the C library has no function for; its second argument is memory. */
  syscall(number: number, command: number, argument: Uint8Array, size: number): number;
  /** 0: no such interface. */
  if_nametoindex(name: string): number;
  errno(): number;
  /** The memory at an address; the caller keeps it mapped while the buffer is in use. */
  view(at: number, size: number): ArrayBuffer;
};

const declarations = {
  socket: "int socket(int, int, int)",
  bind: "int bind(int, void *, uint)",
  listen: "int listen(int, int)",
  dup: "int dup(int)",
  close: "int close(int)",
  getsockname: "int getsockname(int, void *, void *)",
  setsockopt: "int setsockopt(int, int, int, void *, uint)",
  getsockopt: "int getsockopt(int, int, int, void *, void *)",
  poll: "int poll(int64, ulong, int)",
  recvmmsg: "int recvmmsg(int, int64, uint, int, int64)",
  sendmmsg: "int sendmmsg(int, int64, uint, int)",
  usleep: "int usleep(uint)",
  sched_getaffinity: "int sched_getaffinity(int, size_t, void *)",
  sched_setaffinity: "int sched_setaffinity(int, size_t, void *)",
  prctl: "int prctl(int, ulong, ulong, ulong, ulong)",
  sendto: "int sendto(int, int64, size_t, int, int64, uint)",
  recvfrom: "int recvfrom(int, int64, size_t, int, int64, int64)",
  ioctl: "int ioctl(int, ulong, void *)",
  syscall: "int syscall(int64, int64, void *, int64)",
  if_nametoindex: "uint if_nametoindex(str)",
  mmap: "int64 mmap(int64, size_t, int, int, int, int64)",
  munmap: "int munmap(int64, size_t)",
} as const;

/** glibc, then musl, then whatever the process itself is linked with. */
const libraryNames = ["libc.so.6", "libc.so", null] as const;

/**
 * The C library of a 64-bit Linux with little-endian layout.
 * @throws Error where the machine is another, or foreign functions cannot be called here
 */
export function loadLibc(): Libc {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    const machine = `${process.platform} ${process.arch}`;
    throw new Error(`Cannot call the C library: ${machine}, needs Linux on x64 or arm64`);
  }
  const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
  const library = openLibrary(koffi);
  const functions = Object.fromEntries(
    Object.entries(declarations).map(([name, declaration]) => [name, library.func(declaration)]),
  ) as unknown as Omit<Libc, "errno" | "view">;
  return {
    ...functions,
    errno: () => koffi.errno(),
    view: (at, size) => koffi.view(BigInt(at), size),
  };
}

function openLibrary(koffi: typeof Koffi): Koffi.LibraryHandle {
  const reasons: string[] = [];
  for (const name of libraryNames) {
    try {
      return koffi.load(name);
    } catch (error) {
      reasons.push(String(error));
    }
  }
  throw new Error(`Cannot load the C library: ${reasons.join("; ")}`);
}

// Numbers of Linux, the same on x86-64 and arm64.
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_XDP = 44;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0x80000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_BUSY_POLL = 46;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SO_MEMINFO = 55;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IP_MTU_DISCOVER = 10;
export const IPPROTO_IPV6 = 41;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const SOL_XDP = 283;
/** Sends with the interface's MTU and believes no ICMP about a smaller one (spoofed fragments). */
export const PMTUDISC_OMIT = 5;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITFORONE = 0x10000;
export const PR_SET_TIMERSLACK = 29;
export const PROT_READ_WRITE = 3;
export const MAP_PRIVATE_ANONYMOUS = 0x22;
export const MAP_SHARED_POPULATED = 0x8001;
export const POLLIN = 1;
export const EPERM = 1;
export const EINTR = 4;
export const EAGAIN = 11;
export const EBUSY = 16;
export const EINVAL = 22;
export const ENOBUFS = 105;
