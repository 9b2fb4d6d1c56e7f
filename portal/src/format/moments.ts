import { TZDate } from "@date-fns/tz";

/** The timestamp of a date such as `2026-11-24` and a time such as `09:30` in a time zone; null if the text is neither. */
export function momentOf(timeZone: string, date: string, time: string): string | null {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)$/.exec(`${date}T${time || "00:00"}`)?.slice(1).map(Number);
  if (!parts) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts;
  const moment = new TZDate(year, month - 1, day, hour, minute, timeZone);
  // `Date` would silently turn June 31 into July 1.
  if (Number.isNaN(moment.getTime()) || moment.getDate() !== day || moment.getMonth() !== month - 1) return null;
  return new Date(moment.getTime()).toISOString();
}
