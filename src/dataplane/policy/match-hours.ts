import { GROUP, MINUTES_A_DAY, TIME, WINDOW } from "./program.ts";
import type { RoutingContext } from "./routing-context.ts";

const minutesAWeek = 7 * MINUTES_A_DAY;
/** 1970 began on a Thursday. */
const firstDay = 3;

/** The minute of the week that it is in a group's time zone; 0 is the first of Monday. */
export function currentMinute(
  context: RoutingContext,
  words: Int32Array,
  program: number,
  at: number,
): number {
  const table = program + (words[at + GROUP.first] as number);
  let low = 0;
  let high = (words[table] as number) - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((words[table + 1 + middle * 2] as number) <= context.timeMinutes) low = middle;
    else high = middle - 1;
  }
  const offset = words[table + 2 + low * 2] as number;
  const minute = (context.timeMinutes + offset + firstDay * MINUTES_A_DAY) % minutesAWeek;
  return minute < 0 ? minute + minutesAWeek : minute;
}

/** Whether one of a branch's windows is open at that minute. The default has none. */
export function isOpen(
  words: Int32Array,
  program: number,
  branch: number,
  minuteOfWeek: number,
): boolean {
  const day = (minuteOfWeek / MINUTES_A_DAY) | 0;
  const minute = minuteOfWeek % MINUTES_A_DAY;
  const today = 1 << day;
  const yesterday = 1 << ((day + 6) % 7);
  const windows = program + (words[branch + TIME.windows] as number);
  for (let i = (words[branch + TIME.windowCount] as number) - 1; i >= 0; i--) {
    const window = words[windows + i] as number;
    const start = (window >>> WINDOW.startShift) & WINDOW.minuteMask;
    const end = (window >>> WINDOW.endShift) & WINDOW.minuteMask;
    const isOvernight = end <= start;
    if ((window & today) !== 0 && minute >= start && (isOvernight || minute < end)) return true;
    if (isOvernight && (window & yesterday) !== 0 && minute < end) return true;
  }
  return false;
}
