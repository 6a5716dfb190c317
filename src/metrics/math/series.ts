/** Values in time, ascending, one a time. */
export type Series = {
  label: string;
  periodSeconds: number;
  times: number[];
  values: number[];
};

export type Value = number | Series | Series[];

/** The values that `f` gives; where it gives none, or no number, the time is left out. */
export function mapSeries(
  series: Series,
  f: (value: number, index: number) => number | undefined,
): Series {
  const times: number[] = [];
  const values: number[] = [];
  for (const [index, value] of series.values.entries()) {
    const mapped = f(value, index);
    if (mapped === undefined || !Number.isFinite(mapped)) continue;
    times.push(series.times[index] ?? 0);
    values.push(mapped);
  }
  return { ...series, times, values };
}

/** A series by its times. */
export function valuesByTime({ times, values }: Series): Map<number, number> {
  return new Map(times.map((time, i) => [time, values[i] ?? 0]));
}

/** For each time that any of the series has, the values that they have there. */
export function merge(
  all: readonly Series[],
  f: (values: readonly number[]) => number | undefined,
): Series {
  const byTime = new Map<number, number[]>();
  for (const { times, values } of all) {
    for (const [i, time] of times.entries()) {
      const there = byTime.get(time);
      if (there) there.push(values[i] ?? 0);
      else byTime.set(time, [values[i] ?? 0]);
    }
  }
  const times = [...byTime.keys()].toSorted((a, b) => a - b);
  const whole: Series = {
    label: all[0]?.label ?? "",
    periodSeconds: shortestPeriod(all),
    times,
    values: times.map(() => 0),
  };
  return mapSeries(whole, (_, i) => f(byTime.get(times[i] ?? 0) ?? []));
}

export function shortestPeriod(all: readonly Series[]): number {
  return all.length === 0 ? 60 : Math.min(...all.map(({ periodSeconds }) => periodSeconds));
}
