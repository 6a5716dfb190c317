import type { WeeklyWindow } from "../../src/dataplane/policy/routing-tree.ts";

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const dayMinutes = 24 * 60;

/** Whether it is within a weekly window at a time, as clocks and calendars in `zone` show it. */
export function isInWindow(window: WeeklyWindow, zone: string, atMs: number): boolean {
  const { day, minute } = wallClock(zone, atMs);
  const { startMinute, endMinute } = window;
  const begins = (someDay: number): boolean => ((window.days >> ((someDay + 7) % 7)) & 1) === 1;
  if (startMinute < endMinute) {
    return begins(day) && minute >= startMinute && minute < endMinute;
  }
  // It ends on the next day: it may have begun today, or yesterday.
  return (begins(day) && minute >= startMinute) || (begins(day - 1) && minute < endMinute);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day, 0 for Monday, and the minute of the day. */
export function wallClock(zone: string, atMs: number): { day: number; minute: number } {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(atMs).map(({ type, value }) => [type, value]),
  );
  const minute = Number(parts["hour"]) * 60 + Number(parts["minute"]);
  return { day: days.indexOf(parts["weekday"] ?? ""), minute: minute % dayMinutes };
}
