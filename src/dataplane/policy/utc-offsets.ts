/** The years for which offsets are written down; the last goes on after them. */
const firstYear = 2020;
const lastYear = 2060;
const minutesADay = 1_440;

const known = new Map<string, readonly number[]>();

/**
 * What a time zone's clocks add to UTC, as pairs: minutes since 1970 from which on, and minutes.
 * The first pair holds for all time before as well.
 * @throws RangeError where IANA's data do not have the zone
 */
export function offsetsFromUtc(zone: string): readonly number[] {
  const before = known.get(zone);
  if (before) return before;
  const offsetAt = offsetReader(zone);
  const end = Date.UTC(lastYear, 0) / 60_000;
  let at = Date.UTC(firstYear, 0) / 60_000;
  let offset = offsetAt(at);
  const pairs = [at, offset];
  // Clocks are not changed twice within two weeks.
  const step = 14 * minutesADay;
  for (; at < end; at += step) {
    const next = offsetAt(at + step);
    if (next === offset) continue;
    pairs.push(changeBetween(offsetAt, at, at + step), next);
    offset = next;
  }
  known.set(zone, pairs);
  return pairs;
}

/** The first minute with the offset of `late`. */
function changeBetween(offsetAt: (minute: number) => number, early: number, late: number): number {
  const wanted = offsetAt(late);
  let from = early;
  let to = late;
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(middle) === wanted) to = middle;
    else from = middle;
  }
  return to;
}

function offsetReader(zone: string): (minute: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (minute) => {
    const parts = new Map(
      format.formatToParts(minute * 60_000).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
    );
    return local / 60_000 - minute;
  };
}
