import { DateField, FieldRow, TextField } from "../components/fields";
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
    ...(currency && /^[A-Z]{3}$/.test(currency) && { currency }),
    ...(from && { eventDateFrom: from }),
    ...(to && { eventDateTo: to }),
  };
}

export function PendingCommissionsFilter() {
  const { params, setParams } = useUrlState();
  // An incomplete currency code is not applied yet.
  const changeCurrency = (text: string) => {
    if (text.length % 3 === 0) setParams({ ...FIRST_PAGE, currency: text.toUpperCase() });
  };
  return (
    <form role="search" aria-label="Pending commissions" onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <PartnerFilter />
        <TextField
          label="Currency"
          placeholder="All"
          maxLength={3}
          defaultValue={params.get("currency") ?? ""}
          onChange={({ target }) => changeCurrency(target.value)}
        />
        <DateField label="From" value={params.get("from") ?? ""} onDate={(from) => setParams({ ...FIRST_PAGE, from })} />
        <DateField label="To" value={params.get("to") ?? ""} onDate={(to) => setParams({ ...FIRST_PAGE, to })} />
      </FieldRow>
    </form>
  );
}
