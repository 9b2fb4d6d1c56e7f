import { useState } from "react";
import { useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StaffPayoutsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs } from "../hooks/url-state";
import { useCanManageCommissions } from "../sign-in/session";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { PAYOUTS_VIEW } from "./list-views";
import { RunPayoutsDialog } from "./run-payouts-dialog";
import { SavedViews } from "./saved-views";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { StaffPayoutsTable } from "./staff-payouts-table";

/** The payouts of all partners, and a button that runs payouts. */
export function PayoutsPage() {
  useDocumentTitle("Payouts");
  const canManage = useCanManageCommissions();
  const [successMessage, setSuccessMessage] = useState<string | null>(null);
  const [isRunDialogOpen, setIsRunDialogOpen] = useState(false);
  const { filter, problem, orderBy, sorting, isFiltered } = useListView(PAYOUTS_VIEW);
  const variables = { filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffPayoutsDocument, variables, problem !== null);
  const payouts = problem === null ? data?.payouts : undefined;
  return (
    <>
      <PageHeader
        title="Payouts"
        lead="Pay approved commissions that are due, and track the payouts"
        actions={
          canManage && (
            <button className="button-primary" type="button" onClick={() => setIsRunDialogOpen(true)}>
              Run payouts…
            </button>
          )
        }
      />
      {successMessage && <SuccessAlert>{successMessage}</SuccessAlert>}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title="All payouts">
          <div className="stack">
            <SavedViews view={PAYOUTS_VIEW} />
            <ListFilter view={PAYOUTS_VIEW} />
            {problem === null && (
              <StaffPayoutsTable
                payouts={payouts?.nodes}
                isLoading={isLoading}
                sorting={sorting}
                emptyText={isFiltered ? "No payouts match these filters." : undefined}
              />
            )}
            {payouts && (
              <Pagination noun="payout" totalCount={payouts.totalCount} pageInfo={payouts.pageInfo} files={payouts} />
            )}
          </div>
        </Section>
      )}
      {isRunDialogOpen && (
        <RunPayoutsDialog
          onClose={() => setIsRunDialogOpen(false)}
          onSuccess={(message) => {
            setIsRunDialogOpen(false);
            setSuccessMessage(message);
            refetch();
          }}
        />
      )}
      <StaffPayoutDialog onSuccess={setSuccessMessage} />
      <StaffCommissionDialog onSuccess={setSuccessMessage} />
    </>
  );
}
