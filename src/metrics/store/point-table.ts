import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Distribution } from "../distribution.ts";
import { mergeInto } from "../aggregate.ts";
import type { Aggregate } from "../aggregate.ts";

/** Where a value is kept. */
export type Bucket = {
  metric: number;
  /** Seconds. */
  resolution: number;
  /** Seconds since 1970, a multiple of the resolution. */
  at: number;
  /** Its number, unit.ts. */
  unit: number;
};

export type Point = Bucket & { aggregate: Aggregate };

type Row = [
  resolution: number,
  at: number,
  unit: number,
  sampleCount: number,
  sum: number,
  minimum: number,
  maximum: number,
  distribution: Uint8Array | null,
];

const columns = "resolution, at, unit, sampleCount, sum, minimum, maximum";

/** The table `point`. Nothing here begins a transaction. */
export class PointTable {
  readonly #one: StatementSync;
  readonly #write: StatementSync;
  readonly #range: StatementSync;
  readonly #rangeWithout: StatementSync;
  readonly #oldest: StatementSync;
  readonly #remove: StatementSync;
  readonly #any: StatementSync;
  readonly #newest: StatementSync;

  constructor(db: DatabaseSync) {
    const prepare = (sql: string): StatementSync => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#one = prepare(
      `SELECT ${columns}, distribution FROM point
       WHERE metric = ? AND resolution = ? AND at = ? AND unit = ?`,
    );
    this.#write = db.prepare("INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const range = "metric = ? AND resolution IN (1, 60, 300, 3600) AND at >= ? AND at < ?";
    this.#range = prepare(`SELECT ${columns}, distribution FROM point WHERE ${range}`);
    this.#rangeWithout = prepare(`SELECT ${columns}, NULL FROM point WHERE ${range}`);
    this.#oldest = prepare(
      `SELECT ${columns}, distribution FROM point
       WHERE metric = ? AND resolution = ? AND at < ? ORDER BY at LIMIT ?`,
    );
    this.#remove = db.prepare("DELETE FROM point WHERE metric = ? AND resolution = ? AND at < ?");
    this.#any = prepare("SELECT 1 FROM point WHERE metric = ? LIMIT 1");
    this.#newest = prepare("SELECT max(at) FROM point WHERE metric = ? AND resolution = ?");
  }

  /** Adds to what the bucket holds. */
  add(bucket: Bucket, aggregate: Aggregate): void {
    const { metric, resolution, at, unit } = bucket;
    const row = this.#one.get(metric, resolution, at, unit) as Row | undefined;
    let whole = aggregate;
    if (row) {
      whole = aggregateOfRow(row);
      mergeInto(whole, aggregate);
    }
    const { sampleCount, sum, minimum, maximum } = whole;
    const distribution = encoded(whole.distribution);
    this.#write.run(
      ...[metric, resolution, at, unit],
      ...[sampleCount, sum, minimum, maximum, distribution],
    );
  }

  /** Of one metric, `from` ≤ at < `to`, in no order; `withDistribution` where it is needed. */
  *read(
    metric: number,
    range: { from: number; to: number },
    withDistribution: boolean,
  ): Generator<Point> {
    const statement = withDistribution ? this.#range : this.#rangeWithout;
    for (const row of statement.all(metric, range.from, range.to) as unknown as Row[]) {
      yield pointOfRow(metric, row);
    }
  }

  /** The oldest of one resolution before a time, at most so many. */
  oldest(metric: number, resolution: number, options: { before: number; limit: number }): Point[] {
    const rows = this.#oldest.all(metric, resolution, options.before, options.limit);
    return (rows as unknown as Row[]).map((row) => pointOfRow(metric, row));
  }

  /** Gives how many there were. */
  removeBefore(metric: number, resolution: number, before: number): number {
    return Number(this.#remove.run(metric, resolution, before).changes);
  }

  isEmpty(metric: number): boolean {
    return this.#any.get(metric) === undefined;
  }

  /** The begin of the newest bucket, seconds since 1970; 0 where there is none. */
  newestAt(metric: number): number {
    const newestOf = (resolution: number): number => {
      const row = this.#newest.get(metric, resolution) as unknown as [number | null];
      return row[0] ?? 0;
    };
    // What is kept in coarser buckets is older.
    return Math.max(newestOf(1), newestOf(60)) || newestOf(300) || newestOf(3_600);
  }
}

function pointOfRow(metric: number, row: Row): Point {
  const [resolution, at, unit] = row;
  return { metric, resolution, at, unit, aggregate: aggregateOfRow(row) };
}

function aggregateOfRow(row: Row): Aggregate {
  const [, , , sampleCount, sum, minimum, maximum, bytes] = row;
  return { sampleCount, sum, minimum, maximum, distribution: decoded(bytes) };
}

/** What cannot be read is unknown. */
function decoded(bytes: Uint8Array | null): Aggregate["distribution"] {
  if (bytes === null) return undefined;
  try {
    return bytes.length === 0 ? null : Distribution.decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function encoded(distribution: Aggregate["distribution"]): Uint8Array | null {
  if (distribution === undefined) return null;
  return distribution === null ? new Uint8Array(0) : distribution.encode();
}
