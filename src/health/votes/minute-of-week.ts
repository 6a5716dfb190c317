import { offsetsFromUtc } from "../../dataplane/policy/utc-offsets.ts";

const minutesADay = 1_440;
const minutesAWeek = 7 * minutesADay;
/** 1970 began on a Thursday. */
const firstDay = 3;

/**
 * The minute of the week that it is in a time zone; 0 is the first of Monday.
 * @throws RangeError where IANA's data do not have the zone
 */
export function minuteOfWeek(timeZone: string, atMs: number): number {
  const atMinute = Math.floor(atMs / 60_000);
  const pairs = offsetsFromUtc(timeZone);
  let offset = pairs[1] ?? 0;
  for (let i = 2; i < pairs.length && (pairs[i] as number) <= atMinute; i += 2) {
    offset = pairs[i + 1] as number;
  }
  const minute = (atMinute + offset + firstDay * minutesADay) % minutesAWeek;
  return minute < 0 ? minute + minutesAWeek : minute;
}
