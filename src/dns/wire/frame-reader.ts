/**
 * Puts DNS messages together out of a TCP stream: each has two octets of length before it
 * (RFC 1035 §4.2.2), and both may come in any pieces.
 */
export class FrameReader {
  /** Received and not yet taken: from `#start` to `#end` of a buffer that grows with the message. */
  #pending = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Octets held for a message that is not whole yet. */
  get pendingSize(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.#start === this.#end) {
      // Nearly always a chunk holds whole messages: keep it as it is.
      this.#pending = new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length);
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    this.#makeRoom(chunk.length);
    this.#pending.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Size of the next message; -1 while it is not whole. */
  nextSize(): number {
    const available = this.#end - this.#start;
    if (available < 2) return -1;
    const first = this.#pending[this.#start] as number;
    const size = (first << 8) | (this.#pending[this.#start + 1] as number);
    return available >= size + 2 ? size : -1;
  }

  /** Copies the next message, of the size that `nextSize` told, and goes on to the one after. */
  take(size: number, target: Uint8Array, offset: number): void {
    const from = this.#start + 2;
    target.set(this.#pending.subarray(from, from + size), offset);
    this.#start = from + size;
    if (this.#start === this.#end) this.#release();
  }

  /**
   * Lets go of a received chunk that ends in a part of a message: what is left is copied, so that
   * a few octets do not keep the whole chunk alive.
   */
  compact(): void {
    if (this.#start === this.#end) return;
    if (this.pendingSize * 2 > this.#pending.buffer.byteLength) return;
    this.#pending = this.#pending.slice(this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #makeRoom(size: number): void {
    if (this.#end + size <= this.#pending.length) return;
    const held = this.pendingSize;
    const grown = new Uint8Array(Math.max(held + size, 2 * held));
    grown.set(this.#pending.subarray(this.#start, this.#end));
    this.#pending = grown;
    this.#start = 0;
    this.#end = held;
  }

  #release(): void {
    this.#pending = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }
}
