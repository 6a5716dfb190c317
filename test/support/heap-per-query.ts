const queryCount = 50_000;
const attempts = 3;

/**
 * Octets of heap that a query takes: the least of several measurements, as what else the process
 * does only adds. The young generation must not be collected meanwhile.
 * @param run asks that many queries
 */
export function heapPerQuery(run: (count: number) => void): number {
  let least = Infinity;
  for (let attempt = 0; attempt < attempts; attempt++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    run(queryCount);
    const taken = (process.memoryUsage().heapUsed - before) / queryCount;
    least = Math.min(least, Math.max(taken, 0));
  }
  return least;
}
