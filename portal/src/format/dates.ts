import { tz, TZDate } from "@date-fns/tz";

/** Dates as the tenant's books have them: in its time zone, whatever the reader's is. */
export class Calendar {
  readonly timeZone: string;
  readonly #date: Intl.DateTimeFormat;
  readonly #moment: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.timeZone = timeZone;
    const day = { year: "numeric", month: "short", day: "numeric", timeZone } as const;
    this.#date = new Intl.DateTimeFormat(undefined, day);
    this.#moment = new Intl.DateTimeFormat(undefined, { ...day, hour: "numeric", minute: "2-digit", timeZoneName: "short" });
  }

  /** The day of a moment: `Nov 24, 2026`. */
  date(moment: string): string {
    return this.#date.format(new Date(moment));
  }

  /** A moment: `Nov 24, 2026, 9:30 AM EST`. */
  moment(moment: string): string {
    return this.#moment.format(new Date(moment));
  }

  /** A half-open period, by its first and its last day. */
  period(start: string, end: string): string {
    const last = new Date(Math.max(new Date(end).getTime() - 1, new Date(start).getTime()));
    return this.#date.formatRange(new Date(start), last);
  }

  /** The first moment of a day, `2026-11-24`, or of one some days later; null if that is no day. */
  midnight(day: string, daysLater = 0): string | null {
    const time = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
    // A 31st of June would be taken for the 1st of July.
    if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day) return null;
    const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
    const midnight = new TZDate(year, month - 1, date + daysLater, this.timeZone);
    return Number.isNaN(midnight.getTime()) ? null : new Date(midnight.getTime()).toISOString();
  }

  /** Tomorrow, `2026-11-26`. */
  tomorrow(): string {
    const now = tz(this.timeZone)(new Date());
    const day = new TZDate(now.getFullYear(), now.getMonth(), now.getDate() + 1, this.timeZone);
    const two = (number: number) => String(number).padStart(2, "0");
    return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  }
}

const monthName = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });
const monthShort = new Intl.DateTimeFormat(undefined, { month: "short", timeZone: "UTC" });

/** A month, `2026-11`: `Nov 2026`. */
export function month(text: string): string {
  return monthName.format(new Date(`${text}-01T00:00:00Z`));
}

/** The same without its year. */
export function shortMonth(text: string): string {
  return monthShort.format(new Date(`${text}-01T00:00:00Z`));
}

/** How long something took: `same day`, `3 days`. */
export function days(number: number): string {
  const rounded = Math.round(number);
  if (rounded === 0) return "same day";
  return rounded === 1 ? "1 day" : `${new Intl.NumberFormat().format(rounded)} days`;
}
