import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { StatusFilter } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { PAYOUT_STATUSES, payoutStatusLabel } from "../format/labels";
import { PayoutHistoryDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { CommissionDialog } from "./commission-dialog";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import { PayoutDialog } from "./payout-dialog";
import { PayoutsTable } from "./payouts-table";

/** The past and upcoming payouts of a partner. */
export function PayoutHistoryPage() {
  useDocumentTitle("Payouts");
  const partnerId = usePartnerId();
  const { params } = useUrlState();
  const status = PAYOUT_STATUSES.find((status) => status === params.get("status"));
  const variables = { partnerId, filter: status ? { status: [status] } : null, ...usePageArgs(20) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(PayoutHistoryDocument, variables, 30);
  const payouts = data?.partner?.payouts;
  return (
    <>
      <PageHeader
        title="Payouts"
        lead="Past and upcoming payouts"
        asOf={asOf}
        actions={<PartnerSelect name={undefined} />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !payouts) && (
        <Section
          title="Payout history"
          lead="Open a payout to see its commissions. Failed payouts show the reason."
          actions={<StatusFilter statuses={PAYOUT_STATUSES} labelOf={payoutStatusLabel} />}
        >
          <PayoutsTable
            payouts={payouts?.nodes}
            isLoading={isLoading}
            emptyText={status ? "No payouts match these filters." : "No payouts yet. Approved commissions are paid out together; “How you earn” says when."}
          />
          {payouts && (
            <Pagination
              noun="payout"
              totalCount={payouts.totalCount}
              pageInfo={payouts.pageInfo}
              files={payouts}
            />
          )}
        </Section>
      )}
      <PayoutDialog />
      <CommissionDialog />
    </>
  );
}
