import { DateField, FieldRow, TextField } from "../components/fields";
import type { Calendar } from "../format/dates";
import type { AuditEntryFilter } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { PartnerFilter } from "./partner-filter";

/** Reads the filter of the audit trail from the URL. Dates are days in the tenant's time zone. */
export function parseAuditFilter(params: URLSearchParams, calendar: Calendar): AuditEntryFilter {
  const from = calendar.startOfDay(params.get("from") ?? "");
  const to = calendar.startOfDay(params.get("to") ?? "", 1);
  const [actor, act, subjectId, partnerId] = ["actor", "act", "subjectId", "partnerId"].map((name) => params.get(name));
  return {
    ...(actor && { actor }),
    ...(act && { act }),
    ...(subjectId && { subjectId }),
    ...(partnerId && { partnerId }),
    ...(from && { from }),
    // A reversed period is refused; here it shows no entries.
    ...(to && (!from || to > from) && { to }),
  };
}

export function AuditFilter() {
  const { params, setParams } = useUrlState();
  return (
    <form role="search" aria-label="Audit trail" onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <TextField
          label="Who"
          type="search"
          placeholder="User id"
          defaultValue={params.get("actor") ?? ""}
          onChange={({ target }) => setParams({ ...FIRST_PAGE, actor: target.value.trim() })}
        />
        <TextField
          label="What"
          type="search"
          placeholder="updatePartner"
          defaultValue={params.get("act") ?? ""}
          onChange={({ target }) => setParams({ ...FIRST_PAGE, act: target.value.trim() })}
        />
        <PartnerFilter />
        <DateField label="From" value={params.get("from") ?? ""} onDate={(from) => setParams({ ...FIRST_PAGE, from })} />
        <DateField label="To" value={params.get("to") ?? ""} onDate={(to) => setParams({ ...FIRST_PAGE, to })} />
      </FieldRow>
    </form>
  );
}
