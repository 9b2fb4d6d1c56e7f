import { CurrencyField, DateField, FieldRow } from "../components/fields";
import { isCurrency } from "../format/money";
import type { Calendar } from "../format/dates";
import type { CommissionEventFilter } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { PartnerFilter } from "./partner-filter";

/** Reads the filter of the pending commissions from the URL. Dates are days in the tenant's time zone. */
export function parsePendingFilter(params: URLSearchParams, calendar: Calendar): CommissionEventFilter {
  const from = calendar.startOfDay(params.get("from") ?? "");
  const to = calendar.startOfDay(params.get("to") ?? "", 1);
  const partnerId = params.get("partnerId");
  const currency = params.get("currency")?.toUpperCase();
  return {
    status: ["PENDING"],
    ...(partnerId && { partnerId }),
    ...(currency && isCurrency(currency) && { currency }),
    ...(from && { eventDateFrom: from }),
    ...(to && { eventDateTo: to }),
  };
}

export function PendingCommissionsFilter() {
  const { params, setParams } = useUrlState();
  return (
    <form role="search" aria-label="Pending commissions" onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <PartnerFilter />
        <CurrencyField
          value={params.get("currency") ?? ""}
          onCurrency={(currency) => setParams({ ...FIRST_PAGE, currency })}
        />
        <DateField label="From" value={params.get("from") ?? ""} onDate={(from) => setParams({ ...FIRST_PAGE, from })} />
        <DateField label="To" value={params.get("to") ?? ""} onDate={(to) => setParams({ ...FIRST_PAGE, to })} />
      </FieldRow>
    </form>
  );
}
