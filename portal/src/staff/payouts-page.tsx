import { useState } from "react";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { PageHeader } from "../components/page-header";
import { PageTotal } from "../components/page-total";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { StaffPayoutsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions } from "../sign-in/session";
import { BankListDialog } from "./bank-list-dialog";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { isOpenStatus, PAYOUTS_VIEW } from "./list-views";
import { useMatchingPayouts } from "./matching";
import { type BulkPayoutAct, PayoutActsDialog } from "./payout-acts";
import { usePayoutSelection } from "./payout-selection";
import { RunPayoutsDialog } from "./run-payouts-dialog";
import { SavedViews } from "./saved-views";
import { SelectAll } from "./select-all";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { isOpen, StaffPayoutsTable } from "./staff-payouts-table";

type OpenDialog = BulkPayoutAct | "bank-list";

/** The payouts of all partners, and a button that runs payouts. */
export function PayoutsPage() {
  useDocumentTitle("Payouts");
  const { params } = useUrlState();
  const canManage = useCanManageCommissions();
  const showToast = useToast();
  const [isRunDialogOpen, setIsRunDialogOpen] = useState(false);
  const { filter, problem, orderBy, sorting, isFiltered } = useListView(PAYOUTS_VIEW);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const { selected, isAllMatching, isSelected, select, selectOnly, selectAllMatching } = usePayoutSelection(
    JSON.stringify(filter),
  );
  const loadMatching = useMatchingPayouts();
  const variables = { filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(StaffPayoutsDocument, variables, 30, problem !== null);
  const payouts = problem === null ? data?.payouts : undefined;
  const selectable = payouts?.nodes.filter(isOpen) ?? [];
  const isPageSelected = selectable.length > 0 && selectable.every(isSelected);
  const hasSelection = isAllMatching || selected.length > 0;
  const endAct = () => {
    selectOnly([]);
    refetch();
  };
  return (
    <>
      <PageHeader
        title="Payouts"
        asOf={asOf}
        lead="Pay approved commissions that are due, and track the payouts"
        actions={
          canManage && (
            <>
              <button className="button" type="button" onClick={() => setDialog("bank-list")}>
                Complete from a bank’s list…
              </button>
              <button className="button-primary" type="button" onClick={() => setIsRunDialogOpen(true)}>
                Run payouts…
              </button>
            </>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title="All payouts"
          actions={
            canManage && (
              <>
                <button className="button" type="button" disabled={!hasSelection} onClick={() => setDialog("start")}>
                  Mark selected as sent…
                </button>
                <button className="button" type="button" disabled={!hasSelection} onClick={() => setDialog("complete")}>
                  Complete selected…
                </button>
              </>
            )
          }
        >
          <div className="stack">
            <SavedViews view={PAYOUTS_VIEW} />
            <ListFilter view={PAYOUTS_VIEW} />
            {canManage && selectable.length > 0 && (
              <SelectAll
                noun="payout"
                isPageSelected={isPageSelected}
                isAllMatching={isAllMatching}
                selectedCount={selected.length}
                totalCount={isOpenStatus(params.get("status")) ? (payouts?.totalCount ?? 0) : selectable.length}
                onPage={(isSelected) => selectOnly(isSelected ? selectable : [])}
                onAllMatching={selectAllMatching}
              />
            )}
            {problem === null && (
              <StaffPayoutsTable
                payouts={payouts?.nodes}
                isLoading={isLoading}
                sorting={sorting}
                emptyText={isFiltered ? "No payouts match these filters." : undefined}
                selection={canManage ? { isSelected, onSelect: select } : undefined}
              />
            )}
            {payouts && payouts.nodes.length > 1 && (
              <PageTotal amounts={payouts.nodes.map(({ totalAmount }) => totalAmount)} />
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
            showToast(message);
            refetch();
          }}
        />
      )}
      {(dialog === "start" || dialog === "complete") && (
        <PayoutActsDialog
          act={dialog}
          payouts={isAllMatching ? loadMatching(filter) : selected}
          onClose={() => setDialog(null)}
          onEnd={endAct}
        />
      )}
      {dialog === "bank-list" && <BankListDialog onClose={() => setDialog(null)} onEnd={endAct} />}
      <StaffPayoutDialog onSuccess={showToast} />
      <StaffCommissionDialog onSuccess={showToast} />
    </>
  );
}
