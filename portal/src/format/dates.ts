import { plural, t } from "@lingui/core/macro";
import { tz, TZDate } from "@date-fns/tz";
import { formatLocale } from "../language";

/** Payouts for everything that is due have a period from a day before this one: no commission is as old. */
const BEGINNING = "2001-01-01";

/** Formats and computes dates in the tenant's time zone, whatever the browser's is. */
export class Calendar {
  readonly timeZone: string;
  readonly #date: Intl.DateTimeFormat;
  readonly #dateTime: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.timeZone = timeZone;
    const day = { year: "numeric", month: "short", day: "numeric", timeZone } as const;
    this.#date = new Intl.DateTimeFormat(formatLocale(), day);
    const time = { hour: "numeric", minute: "2-digit", timeZoneName: "short" } as const;
    this.#dateTime = new Intl.DateTimeFormat(formatLocale(), { ...day, ...time });
  }

  /** The date of a timestamp: `Nov 24, 2026`. */
  formatDate(timestamp: string): string {
    return this.#date.format(new Date(timestamp));
  }

  /** A timestamp with its time zone: `Nov 24, 2026, 9:30 AM EST`. */
  formatDateTime(timestamp: string): string {
    return this.#dateTime.format(new Date(timestamp));
  }

  /** A half-open period, shown by its first and last day, or by its last day if it starts before all commissions. */
  formatPeriod(start: string, end: string): string {
    const last = new Date(Math.max(new Date(end).getTime() - 1, new Date(start).getTime()));
    if (start < BEGINNING) return t`until ${this.#date.format(last)}`;
    return this.#date.formatRange(new Date(start), last);
  }

  /**
   * The timestamp at which a date such as `2026-11-24`, or the date `daysLater` days after it, begins; null if the text is
   * not a valid date.
   */
  startOfDay(date: string, daysLater = 0): string | null {
    const time = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(date) : Number.NaN;
    // `Date` would silently turn June 31 into July 1.
    if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== date) return null;
    const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
    const midnight = new TZDate(year, month - 1, day + daysLater, this.timeZone);
    return Number.isNaN(midnight.getTime()) ? null : new Date(midnight.getTime()).toISOString();
  }

  /** Tomorrow's date: `2026-11-26`. */
  tomorrow(): string {
    return this.#dayText(new Date(), 1);
  }

  /** The date of a timestamp as a date field has it: `2026-11-24`. */
  dayOf(timestamp: string): string {
    return this.#dayText(new Date(timestamp), 0);
  }

  #dayText(instant: Date, daysLater: number): string {
    const local = tz(this.timeZone)(instant);
    const day = new TZDate(local.getFullYear(), local.getMonth(), local.getDate() + daysLater, this.timeZone);
    const twoDigits = (number: number) => String(number).padStart(2, "0");
    return `${day.getFullYear()}-${twoDigits(day.getMonth() + 1)}-${twoDigits(day.getDate())}`;
  }
}

/** The last day of a month: `2026-11-30` of `2026-11`. */
export function lastDayOfMonth(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return `${month}-${days}`;
}

const timeOfDay = new Intl.DateTimeFormat(formatLocale(), { hour: "numeric", minute: "2-digit" });

/** Formats the time of day at which something happened in this browser, in its own time zone: `10:04 AM`. */
export const formatTimeOfDay = (date: Date) => timeOfDay.format(date);

const relative = new Intl.RelativeTimeFormat(formatLocale(), { numeric: "auto" });

const UNITS: readonly { readonly unit: Intl.RelativeTimeFormatUnit; readonly seconds: number }[] = [
  { unit: "year", seconds: 31_557_600 },
  { unit: "month", seconds: 2_629_800 },
  { unit: "week", seconds: 604_800 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
];

/** Formats a timestamp by its distance from now: `3 days ago`, `in 2 weeks`, `now`. */
export function formatRelative(timestamp: string, now = Date.now()): string {
  const seconds = (new Date(timestamp).getTime() - now) / 1_000;
  const unit = UNITS.find((unit) => Math.abs(seconds) >= unit.seconds);
  return unit ? relative.format(Math.trunc(seconds / unit.seconds), unit.unit) : relative.format(0, "second");
}

const monthAndYear = new Intl.DateTimeFormat(formatLocale(), { month: "short", year: "numeric", timeZone: "UTC" });
const monthOnly = new Intl.DateTimeFormat(formatLocale(), { month: "short", timeZone: "UTC" });

/** Formats a month, `2026-11`, as `Nov 2026`. */
export function formatMonth(month: string): string {
  return monthAndYear.format(new Date(`${month}-01T00:00:00Z`));
}

const monthAndShortYear = new Intl.DateTimeFormat(formatLocale(), { month: "short", year: "2-digit", timeZone: "UTC" });

/** Formats a month, `2026-11`, as `Nov`, and the first one of a year with the year. */
export function formatShortMonth(month: string): string {
  const format = month.endsWith("-01") ? monthAndShortYear : monthOnly;
  return format.format(new Date(`${month}-01T00:00:00Z`));
}

/** The first and the last day of a month, as the parameters of a list. */
export function daysOfMonth(month: string): { readonly from: string; readonly to: string } {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const last = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
  return { from: `${month}-01`, to: last };
}

/** Formats a number of days: `same day`, `1 day`, `3 days`. */
export function formatDays(days: number): string {
  const rounded = Math.round(days);
  return rounded === 0 ? t`same day` : plural(rounded, { one: "# day", other: "# days" });
}
