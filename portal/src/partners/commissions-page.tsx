import { t } from "@lingui/core/macro";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { COUNTED_STATUSES } from "../format/labels";
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
  useDocumentTitle(t`Commissions`);
  const partnerId = usePartnerId();
  const { calendar } = useSession();
  const { params, setParams } = useUrlState();
  const { filter, orderBy } = parseCommissionParams(params, calendar);
  // Unless they are asked for, those that were cancelled or clawed back do not count.
  const totalsFilter = { status: [...COUNTED_STATUSES], ...filter, partnerId };
  const variables = { partnerId, filter, totalsFilter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(CommissionEventsTableDocument, variables, 60);
  const partner = data?.partner;
  const currencies = partner ? currenciesOf(partner) : [];
  return (
    <>
      <PageHeader
        title={t`Commissions`}
        lead={t`What you earned on each invoice, and where it stands`}
        asOf={asOf}
        actions={
          <>
            {currencies.length > 1 && (
              <SelectField
                label={t`Currency`}
                value={params.get("currency") ?? ""}
                onChange={(currency) => setParams({ ...FIRST_PAGE, currency })}
                options={[{ value: "", label: t`All` }, ...currencies.map((value) => ({ value, label: value }))]}
              />
            )}
            <PartnerSelect />
          </>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !partner) && (
        <Section title={t`All commissions`} lead={t`Open a commission to see how it was computed.`}>
          <CommissionsTable commissions={partner?.commissionEvents} totals={data?.commissionEventTotals} isLoading={isLoading} />
        </Section>
      )}
      <CommissionDialog />
      <PayoutDialog />
    </>
  );
}
