import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { CommissionEventsTableDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { CommissionDialog } from "./commission-dialog";
import { CommissionsTable, parseCommissionParams } from "./commissions-table";
import { currenciesOf } from "./currencies";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import { PayoutDialog } from "./payout-dialog";

/** All commissions of a partner, with filters. */
export function CommissionsPage() {
  useDocumentTitle("Commissions");
  const partnerId = usePartnerId();
  const { calendar } = useSession();
  const { params, setParams } = useUrlState();
  const { filter, orderBy } = parseCommissionParams(params, calendar);
  const variables = { partnerId, filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(CommissionEventsTableDocument, variables, 60);
  const partner = data?.partner;
  const currencies = partner ? currenciesOf(partner) : [];
  return (
    <>
      <PageHeader
        title="Commissions"
        lead="What you earned on each invoice, and where it stands"
        asOf={asOf}
        actions={
          <>
            {currencies.length > 1 && (
              <SelectField
                label="Currency"
                value={params.get("currency") ?? ""}
                onChange={(currency) => setParams({ ...FIRST_PAGE, currency })}
                options={[{ value: "", label: "All" }, ...currencies.map((value) => ({ value, label: value }))]}
              />
            )}
            <PartnerSelect name={partner?.companyName} />
          </>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !partner) && (
        <Section title="All commissions" lead="Open a commission to see how it was computed.">
          <CommissionsTable commissions={partner?.commissionEvents} isLoading={isLoading} />
        </Section>
      )}
      <CommissionDialog />
      <PayoutDialog />
    </>
  );
}
