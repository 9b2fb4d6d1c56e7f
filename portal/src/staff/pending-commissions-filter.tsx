import { t } from "@lingui/core/macro";
import { CurrencyField, DateField, FieldRow, SelectField } from "../components/fields";
import { isCurrency } from "../format/money";
import type { Calendar } from "../format/dates";
import type { CommissionEventFilter } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import type { CommissionAct } from "./commission-acts";
import { PartnerFilter } from "./partner-filter";

/** Which commissions the work queue shows, and what can be done with them. */
interface Shown {
  readonly name: string;
  readonly label: string;
  readonly title: string;
  readonly filter: CommissionEventFilter;
  readonly acts: readonly CommissionAct[];
  readonly empty: string;
}

const PENDING: Shown = {
  name: "",
  label: t`Waiting for approval`,
  title: t`Commissions to approve`,
  filter: { status: ["PENDING"] },
  acts: ["approve", "hold", "cancel"],
  empty: t`No commissions are waiting for approval.`,
};

const SHOWN: readonly Shown[] = [
  PENDING,
  {
    name: "approved",
    label: t`Approved, to be paid`,
    title: t`Approved commissions`,
    filter: { status: ["APPROVED"] },
    acts: ["hold", "cancel"],
    empty: t`No approved commissions match.`,
  },
  {
    name: "held",
    label: t`Held back`,
    title: t`Commissions held back`,
    filter: { isHeld: true },
    acts: ["release", "cancel"],
    empty: t`No commissions are held back.`,
  },
  {
    name: "approved-held",
    label: t`Approved and held back`,
    title: t`Approved commissions held back`,
    filter: { status: ["APPROVED"], isHeld: true },
    acts: ["release", "cancel"],
    empty: t`No approved commissions are held back.`,
  },
  {
    name: "all",
    label: t`All that count`,
    title: t`All commissions`,
    filter: { status: ["PENDING", "APPROVED", "PAID"] },
    acts: [],
    empty: t`No commissions match.`,
  },
];

/** Reads from the URL which commissions are shown. */
export const parseShown = (params: URLSearchParams) => SHOWN.find(({ name }) => name === params.get("show")) ?? PENDING;

/** Reads the filter of the commissions from the URL. Dates are days in the tenant's time zone. */
export function parsePendingFilter(params: URLSearchParams, calendar: Calendar): CommissionEventFilter {
  const from = calendar.startOfDay(params.get("from") ?? "");
  const to = calendar.startOfDay(params.get("to") ?? "", 1);
  const partnerId = params.get("partnerId");
  const currency = params.get("currency")?.toUpperCase();
  return {
    ...parseShown(params).filter,
    ...(partnerId && { partnerId }),
    ...(currency && isCurrency(currency) && { currency }),
    ...(from && { eventDateFrom: from }),
    ...(to && { eventDateTo: to }),
  };
}

export function PendingCommissionsFilter() {
  const { params, setParams } = useUrlState();
  return (
    <form role="search" aria-label={t`Pending commissions`} onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <SelectField
          label={t`Show`}
          value={parseShown(params).name}
          onChange={(show) => setParams({ ...FIRST_PAGE, show })}
          options={SHOWN.map(({ name, label }) => ({ value: name, label }))}
        />
        <PartnerFilter />
        <CurrencyField
          value={params.get("currency") ?? ""}
          onCurrency={(currency) => setParams({ ...FIRST_PAGE, currency })}
        />
        <DateField label={t`From`} value={params.get("from") ?? ""} onDate={(from) => setParams({ ...FIRST_PAGE, from })} />
        <DateField label={t`To`} value={params.get("to") ?? ""} onDate={(to) => setParams({ ...FIRST_PAGE, to })} />
      </FieldRow>
    </form>
  );
}
