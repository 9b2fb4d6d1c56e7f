import { t } from "@lingui/core/macro";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { StatusFilter } from "../components/fields";
import { ListTotal } from "../components/list-total";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { PAYOUT_STATUSES, payoutStatusLabel } from "../format/labels";
import { PayoutHistoryDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { CommissionDialog } from "./commission-dialog";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import { PayoutAccountNotice } from "./payout-account-notice";
import { PayoutDialog } from "./payout-dialog";
import { PayoutsTable } from "./payouts-table";

/** The past and upcoming payouts of a partner. */
export function PayoutHistoryPage() {
  useDocumentTitle(t`Payouts`);
  const partnerId = usePartnerId();
  const { viewer } = useSession();
  const { params } = useUrlState();
  const status = PAYOUT_STATUSES.find((status) => status === params.get("status"));
  const filter = status ? { status: [status] } : {};
  const variables = { partnerId, filter, totalsFilter: { ...filter, partnerId }, ...usePageArgs(20) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(PayoutHistoryDocument, variables, 30);
  const payouts = data?.partner?.payouts;
  return (
    <>
      <PageHeader
        title={t`Payouts`}
        lead={t`Past and upcoming payouts`}
        asOf={asOf}
        actions={<PartnerSelect />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <PayoutAccountNotice viewer={viewer} partnerId={partnerId} />
      {!(error && !payouts) && (
        <Section
          title={t`Payout history`}
          lead={t`Open a payout to see its commissions. Failed and returned payouts show the reason.`}
          actions={<StatusFilter statuses={PAYOUT_STATUSES} labelOf={payoutStatusLabel} />}
        >
          <PayoutsTable
            payouts={payouts?.nodes}
            isLoading={isLoading}
            emptyText={status ? t`No payouts match these filters.` : t`No payouts yet. Approved commissions are paid out together; “How you earn” says when.`}
          />
          {payouts && payouts.totalCount > 1 && <ListTotal totals={data?.payoutTotals ?? []} />}
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
