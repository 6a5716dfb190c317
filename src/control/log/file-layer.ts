import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** The few file operations that the store's durability rests on; tests put a faulty one here. */
export type FileLayer = {
  /** Writes all of `octets` at `position`. */
  write(fd: number, octets: Uint8Array, position: number): void;
  /** Returns when the file's content and size are on stable storage. */
  sync(fd: number): void;
  truncate(fd: number, size: number): void;
  /** Returns when the names in the directory are on stable storage. */
  syncDirectory(path: string): void;
};

export const systemFiles: FileLayer = {
  write(fd, octets, position) {
    let done = 0;
    while (done < octets.length) {
      done += writeSync(fd, octets, done, octets.length - done, position + done);
    }
  },
  sync: fdatasyncSync,
  truncate: ftruncateSync,
  syncDirectory(path) {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
};
