import { getSystemErrorName } from "node:util";
import type { Libc } from "../libc.ts";

const hints: Readonly<Record<string, string>> = {
  EPERM: "; needs root, or CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF and CAP_IPC_LOCK",
  EACCES: "; needs root, or CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF and CAP_IPC_LOCK",
  EBUSY: "; another program uses the interface or the queue",
  EEXIST: "; another program uses the interface",
  ENOBUFS: "; not enough memory may be locked: raise LimitMEMLOCK or give CAP_IPC_LOCK",
  EAFNOSUPPORT: "; this kernel has no AF_XDP",
  EOPNOTSUPP: "; this kernel or driver cannot",
};

/** Why AF_XDP cannot be had here; the message is for the operator. */
export class XdpError extends Error {
  override name = "XdpError";
  /** Such as `EPERM`. */
  readonly code: string;

  constructor(action: string, code: string) {
    super(`Cannot ${action}: ${code}${hints[code] ?? ""}`);
    this.code = code;
  }

  /** Of the C library's call that has just failed. */
  static of(libc: Libc, action: string): XdpError {
    return new XdpError(action, getSystemErrorName(-libc.errno()));
  }
}
