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
  EINVAL: "; perhaps the kernel is too old: XDP needs Linux 5.9",
};

/** Why AF_XDP cannot be had on this machine; the message is for the operator. */
export class XdpError extends Error {
  override name = "XdpError";
  /** Such as `EPERM`; empty where it was not the kernel that refused. */
  readonly code: string;

  constructor(message: string, code = "") {
    super(code === "" ? message : `${message}: ${code}${hints[code] ?? ""}`);
    this.code = code;
  }

  /** Of the C library's call that has just failed; `action` is what was tried. */
  static of(libc: Libc, action: string): XdpError {
    return new XdpError(`Cannot ${action}`, getSystemErrorName(-libc.errno()));
  }
}

/** The interface that the operator named is not there or down; the message is for the operator. */
export class InterfaceError extends Error {
  override name = "InterfaceError";
}
