import { t } from "@lingui/core/macro";
import type { StatusLabel } from "../format/labels";
import { enumLabel } from "../format/labels";
import { formatCount } from "../format/money";
import type { PaymentFileFormat, PaymentFileRowFragment } from "../gql/graphql";

const FORMAT_LABELS: Readonly<Record<PaymentFileFormat, string>> = {
  SEPA: "SEPA",
  CSV: "CSV",
};

export const paymentFileFormatLabel = (format: string): string => FORMAT_LABELS[format as PaymentFileFormat] ?? enumLabel(format);

type State = Pick<PaymentFileRowFragment, "withdrawnAt" | "downloadedAt" | "openPayoutCount">;

/** What is to be done with a payment file. */
export function paymentFileStateLabel({ withdrawnAt, downloadedAt, openPayoutCount }: State): StatusLabel {
  if (withdrawnAt) return { label: t`Withdrawn`, tone: "neutral" };
  if (!downloadedAt) return { label: t`To be downloaded`, tone: "pending" };
  if (openPayoutCount > 0) return { label: t`${formatCount(openPayoutCount)} to be recorded`, tone: "active" };
  return { label: t`All recorded`, tone: "success" };
}

/** A day of the calendar, `2026-12-01`, as it is displayed wherever the reader is. */
export const formatDay = (day: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(day));
