const subMinutePeriods: ReadonlySet<number> = new Set([1, 5, 10, 20, 30]);
const minute = 60;
const day = 24 * 60 * 60;

/** Whether statistics can be asked for over periods of so many seconds. */
export function isStatisticsPeriod(seconds: number): boolean {
  return subMinutePeriods.has(seconds) || (seconds > 0 && seconds % minute === 0);
}

/**
 * Where the first period begins: the start, rounded down to what data of its age is kept by.
 * Periods are counted from there, so that an hour asked for from 10:18 ends at 11:18.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export function firstPeriodMs(
  startMs: number,
  { nowMs, periodSeconds }: { nowMs: number; periodSeconds: number },
): number {
  const ageDays = (nowMs - startMs) / 1000 / day;
  const kept = ageDays > 63 ? 60 * minute : ageDays > 15 ? 5 * minute : minute;
  const step = periodSeconds < minute && kept === minute ? periodSeconds : kept;
  return Math.floor(startMs / (step * 1000)) * step * 1000;
}

/** How many periods begin before the end. */
export function periodCount(startMs: number, endMs: number, periodSeconds: number): number {
  return Math.max(0, Math.ceil((endMs - startMs) / (periodSeconds * 1000)));
}
