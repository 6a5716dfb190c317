import type { Random } from "../../src/base/random.ts";

/** A system call on a file or a name, as `parseTrace` reads it, in the order of completion. */
export type DiskCall =
  | { call: "create"; path: string; truncate: boolean }
  | { call: "write"; path: string; offset: number; octets: Buffer }
  | { call: "truncate"; path: string; size: number }
  | { call: "sync"; path: string }
  | { call: "rename"; path: string; to: string }
  | { call: "unlink"; path: string };

type Change = { offset: number; octets: Buffer } | { size: number };

/** What is on the platter, and what the kernel still holds back. */
type DiskFile = { durable: Buffer; pending: Change[] };

const pageSize = 4096;
const sectorSize = 512;

/**
 * A disk with a page cache before it. `sync` makes a file's content durable, `sync` of a
 * directory the names in it. Whatever is not durable when the power goes may be there or not,
 * page by page and in any order; changes of names keep their order, as on a journaling
 * file system.
 */
export class SimulatedDisk {
  #names = new Map<string, DiskFile>();
  readonly #durableNames = new Map<string, DiskFile>();
  #pendingNames: ((names: Map<string, DiskFile>) => void)[] = [];

  apply(one: DiskCall): void {
    const file = this.#names.get(one.path);
    if (one.call === "create") {
      if (!file) {
        const created = { durable: Buffer.alloc(0), pending: [] };
        this.#changeNames((names) => names.set(one.path, created));
      } else if (one.truncate) file.pending.push({ size: 0 });
    } else if (one.call === "write") {
      file?.pending.push(...pagesOf(one.offset, one.octets));
    } else if (one.call === "truncate") {
      file?.pending.push({ size: one.size });
    } else if (one.call === "sync") {
      if (file) sync(file);
      else this.#syncNames(one.path);
    } else if (one.call === "rename") {
      this.#changeNames((names) => {
        const moved = names.get(one.path);
        names.delete(one.path);
        if (moved) names.set(one.to, moved);
      });
    } else {
      this.#changeNames((names) => names.delete(one.path));
    }
  }

  /** What is found after the power goes now: path → content. */
  afterPowerCut(random: Random): Map<string, Buffer> {
    const names = new Map(this.#durableNames);
    const kept = random.uint32() % (this.#pendingNames.length + 1);
    for (const change of this.#pendingNames.slice(0, kept)) change(names);
    const found = new Map<string, Buffer>();
    for (const [path, file] of names) found.set(path, contentAfterCut(file, random));
    return found;
  }

  #changeNames(change: (names: Map<string, DiskFile>) => void): void {
    change(this.#names);
    this.#pendingNames.push(change);
  }

  /** One directory is all there is: its sync settles every name. */
  #syncNames(_directory: string): void {
    for (const change of this.#pendingNames) change(this.#durableNames);
    this.#pendingNames = [];
  }
}

function pagesOf(offset: number, octets: Buffer): Change[] {
  const pages: Change[] = [];
  for (let start = 0; start < octets.length;) {
    const end = Math.min(octets.length, start + pageSize - ((offset + start) % pageSize));
    pages.push({ offset: offset + start, octets: octets.subarray(start, end) });
    start = end;
  }
  return pages;
}

function sync(file: DiskFile): void {
  file.durable = file.pending.reduce(applyChange, file.durable);
  file.pending = [];
}

function contentAfterCut(file: DiskFile, random: Random): Buffer {
  // Sometimes all or nothing of it, else each page by chance.
  const chance = [0, 50, 90, 100][random.uint32() % 4] as number;
  const survives = (): boolean => random.uint32() % 100 < chance;
  const kept = file.pending.filter(survives).map((change) => torn(change, random));
  return kept.reduce(applyChange, Buffer.from(file.durable));
}

/** Now and then the power goes while a page is being written: some sectors of it are. */
function torn(change: Change, random: Random): Change {
  if (!("octets" in change) || random.uint32() % 8 !== 0) return change;
  const sectors = random.uint32() % Math.ceil(change.octets.length / sectorSize);
  return { offset: change.offset, octets: change.octets.subarray(0, sectors * sectorSize) };
}

function applyChange(content: Buffer, change: Change): Buffer {
  if ("size" in change) return resized(content, change.size);
  const end = change.offset + change.octets.length;
  const target = end > content.length ? resized(content, end) : Buffer.from(content);
  change.octets.copy(target, change.offset);
  return target;
}

function resized(content: Buffer, size: number): Buffer {
  const target = Buffer.alloc(size);
  content.copy(target, 0, 0, Math.min(size, content.length));
  return target;
}
