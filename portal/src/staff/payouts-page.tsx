import { useState } from "react";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { FieldRow, StatusFilter } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { PAYOUT_STATUSES, payoutStatusLabel } from "../format/labels";
import { StaffPayoutsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions } from "../sign-in/session";
import { PartnerFilter } from "./partner-filter";
import { RunPayoutsDialog } from "./run-payouts-dialog";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { StaffPayoutsTable } from "./staff-payouts-table";

/** The payouts of all partners, and a button that runs payouts. */
export function PayoutsPage() {
  useDocumentTitle("Payouts");
  const { params } = useUrlState();
  const canManage = useCanManageCommissions();
  const showToast = useToast();
  const [isRunDialogOpen, setIsRunDialogOpen] = useState(false);
  const status = PAYOUT_STATUSES.find((status) => status === params.get("status"));
  const partnerId = params.get("partnerId");
  const filter = { ...(status && { status: [status] }), ...(partnerId && { partnerId }) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(StaffPayoutsDocument, { filter, ...usePageArgs(50) }, 30);
  return (
    <>
      <PageHeader
        title="Payouts"
        asOf={asOf}
        lead="Pay approved commissions that are due, and track the payouts"
        actions={
          canManage && (
            <button className="button-primary" type="button" onClick={() => setIsRunDialogOpen(true)}>
              Run payouts…
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title="All payouts" lead="Latest first">
          <div className="stack">
            <FieldRow>
              <PartnerFilter />
              <StatusFilter statuses={PAYOUT_STATUSES} labelOf={payoutStatusLabel} />
            </FieldRow>
            <StaffPayoutsTable payouts={data?.payouts.nodes} isLoading={isLoading} />
            {data && (
              <Pagination
                noun="payout"
                totalCount={data.payouts.totalCount}
                pageInfo={data.payouts.pageInfo}
                files={data.payouts}
              />
            )}
          </div>
        </Section>
      )}
      {isRunDialogOpen && (
        <RunPayoutsDialog
          onClose={() => setIsRunDialogOpen(false)}
          onSuccess={(message) => {
            setIsRunDialogOpen(false);
            showToast(message);
            refetch();
          }}
        />
      )}
      <StaffPayoutDialog onSuccess={showToast} />
      <StaffCommissionDialog onSuccess={showToast} />
    </>
  );
}
