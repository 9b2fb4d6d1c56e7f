import { plural, t } from "@lingui/core/macro";

/** What a list contains, in the singular. */
export type Noun =
  | "commission" | "commission event" | "pending commission" | "payout" | "account" | "lead" | "statement" | "partner" | "invoice"
  | "change" | "delivery" | "mail" | "received event" | "payment file";

const COUNTS: Readonly<Record<Noun, (count: number) => string>> = {
  commission: (count) => plural(count, { one: "# commission", other: "# commissions" }),
  "commission event": (count) => plural(count, { one: "# commission event", other: "# commission events" }),
  "pending commission": (count) => plural(count, { one: "# pending commission", other: "# pending commissions" }),
  payout: (count) => plural(count, { one: "# payout", other: "# payouts" }),
  account: (count) => plural(count, { one: "# account", other: "# accounts" }),
  lead: (count) => plural(count, { one: "# lead", other: "# leads" }),
  statement: (count) => plural(count, { one: "# statement", other: "# statements" }),
  partner: (count) => plural(count, { one: "# partner", other: "# partners" }),
  invoice: (count) => plural(count, { one: "# invoice", other: "# invoices" }),
  change: (count) => plural(count, { one: "# change", other: "# changes" }),
  delivery: (count) => plural(count, { one: "# delivery", other: "# deliveries" }),
  mail: (count) => plural(count, { one: "# mail", other: "# mails" }),
  "payment file": (count) => plural(count, { one: "# payment file", other: "# payment files" }),
  "received event": (count) => plural(count, { one: "# received event", other: "# received events" }),
};

const PLURALS: Readonly<Record<Noun, string>> = {
  commission: t({ message: "commissions", context: "several" }),
  "commission event": t({ message: "commission events", context: "several" }),
  "pending commission": t({ message: "pending commissions", context: "several" }),
  payout: t({ message: "payouts", context: "several" }),
  account: t({ message: "accounts", context: "several" }),
  lead: t({ message: "leads", context: "several" }),
  statement: t({ message: "statements", context: "several" }),
  partner: t({ message: "partners", context: "several" }),
  invoice: t({ message: "invoices", context: "several" }),
  change: t({ message: "changes", context: "several" }),
  delivery: t({ message: "deliveries", context: "several" }),
  mail: t({ message: "mails", context: "several" }),
  "payment file": t({ message: "payment files", context: "several" }),
  "received event": t({ message: "received events", context: "several" }),
};

/** A count of something: `1 payout`, `1,234 payouts`. */
export const countOf = (noun: Noun, count: number): string => COUNTS[noun](count);

/** What a list contains, in the plural. */
export const pluralOf = (noun: Noun): string => PLURALS[noun];
