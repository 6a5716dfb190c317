/**
 * The words that the main thread and its workers share; the only way to reach a worker whose loop
 * never returns to its event loop.
 *
 *   stopIndex        1 once the workers shall end, written by the main thread
 *   generationIndex  counts publications, written by the main thread after it posted the message
 *   per worker, a cache line each: heartbeat, counted up by the worker once a turn of its loop
 */
export type ControlBlock = Int32Array<SharedArrayBuffer>;

const stopIndex = 0;
const generationIndex = 1;
const wordsPerLine = 16;

export function createControlBlock(workerCount: number): ControlBlock {
  const words = (workerCount + 1) * wordsPerLine;
  return new Int32Array(new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT));
}

export function requestStop(block: ControlBlock): void {
  Atomics.store(block, stopIndex, 1);
}

export function isStopRequested(block: ControlBlock): boolean {
  return Atomics.load(block, stopIndex) !== 0;
}

export function generationOf(block: ControlBlock): number {
  return Atomics.load(block, generationIndex);
}

export function setGeneration(block: ControlBlock, generation: number): void {
  Atomics.store(block, generationIndex, generation);
}

/** A plain store: the watchdog may see it late. */
export function beat(block: ControlBlock, workerIndex: number): void {
  const index = (workerIndex + 1) * wordsPerLine;
  block[index] = ((block[index] as number) + 1) | 0;
}

export function heartbeatOf(block: ControlBlock, workerIndex: number): number {
  return Atomics.load(block, (workerIndex + 1) * wordsPerLine);
}
