/** What is due at a time. */
export type Due = { dueMs: number };

/** The earliest first: a binary heap, some 14 steps for 10,000 items. */
export class DueQueue<Item extends Due> {
  readonly #heap: Item[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the first is due; Infinity where there is none. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Infinity;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** `item.dueMs` must not change while it is in here. */
  push(item: Item): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as Item;
      if (parent.dueMs <= item.dueMs) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = item;
  }

  /** Takes out the first, where it is due by then. */
  popDue(nowMs: number): Item | undefined {
    const first = this.#heap[0];
    if (!first || first.dueMs > nowMs) return undefined;
    const last = this.#heap.pop() as Item;
    if (last !== first) this.#sink(last);
    return first;
  }

  /** Puts `item` in place of the first and restores the order. */
  #sink(item: Item): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      let child = heap[childIndex] as Item;
      const other = heap[childIndex + 1];
      if (other && other.dueMs < child.dueMs) {
        child = other;
        childIndex++;
      }
      if (item.dueMs <= child.dueMs) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = item;
  }
}
