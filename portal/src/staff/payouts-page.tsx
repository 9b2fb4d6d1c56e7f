import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { ListTotal } from "../components/list-total";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { StaffPayoutsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions } from "../sign-in/session";
import { AttentionLink } from "./attention-link";
import { BankListDialog } from "./bank-list-dialog";
import { CreatePaymentFileDialog } from "./create-payment-file-dialog";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { isOpenStatus, PAYOUTS_VIEW } from "./list-views";
import { useMatchingPayouts } from "./matching";
import { type BulkPayoutAct, PayoutActsDialog } from "./payout-acts";
import { usePayoutSelection } from "./payout-selection";
import { RunPayoutsDialog } from "./run-payouts-dialog";
import { SavedViews } from "./saved-views";
import { SelectAll } from "./select-all";
import { SelectionBar } from "./selection-bar";
import { SendPayoutsDialog } from "./send-payouts-dialog";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { isOpen, StaffPayoutsTable } from "./staff-payouts-table";
import { useStripe } from "./stripe-state";

type OpenDialog = BulkPayoutAct | "send" | "file" | "bank-list";

/** The payouts of all partners, and a button that runs payouts. */
export function PayoutsPage() {
  useDocumentTitle(t`Payouts`);
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
  const { stripe } = useStripe(!canManage);
  const variables = { filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(StaffPayoutsDocument, variables, 30, problem !== null);
  const payouts = problem === null ? data?.payouts : undefined;
  const selectable = payouts?.nodes.filter(isOpen) ?? [];
  const isPageSelected = selectable.length > 0 && selectable.every(isSelected);
  const hasSelection = isAllMatching || selected.length > 0;
  const actButtons = (
    <>
      <button className="button" type="button" disabled={!hasSelection} onClick={() => setDialog("start")}>
        <Trans>Mark selected as sent…</Trans>
      </button>
      <button className="button" type="button" disabled={!hasSelection} onClick={() => setDialog("complete")}>
        <Trans>Complete selected…</Trans>
      </button>
      {stripe && (
        <button className="button" type="button" disabled={!hasSelection} onClick={() => setDialog("send")}>
          <Trans>Send selected by Stripe…</Trans>
        </button>
      )}
      <button className="button" type="button" disabled={!hasSelection} onClick={() => setDialog("file")}>
        <Trans>Payment file of selected…</Trans>
      </button>
    </>
  );
  const endAct = () => {
    selectOnly([]);
    refetch();
  };
  return (
    <>
      <PageHeader
        title={t`Payouts`}
        asOf={asOf}
        lead={t`Pay approved commissions that are due, and track the payouts`}
        actions={
          <>
            <Link to="/staff/payouts/files"><Trans>Payment files</Trans></Link>
            {canManage && (
              <>
                <button className="button" type="button" onClick={() => setDialog("bank-list")}>
                  <Trans>Complete from a bank’s list…</Trans>
                </button>
                <button className="button-primary" type="button" onClick={() => setIsRunDialogOpen(true)}>
                  <Trans>Run payouts…</Trans>
                </button>
              </>
            )}
          </>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title={t`All payouts`}
          lead={<AttentionLink />}
          actions={canManage && actButtons}
        >
          <div className="stack">
            <SavedViews view={PAYOUTS_VIEW} />
            <ListFilter view={PAYOUTS_VIEW} />
            {canManage && (!payouts || selectable.length > 0) && (
              <SelectAll
                noun="payout"
                isPageSelected={isPageSelected}
                isAllMatching={isAllMatching}
                selectedCount={selected.length}
                totalCount={isOpenStatus(params.get("status")) ? payouts?.totalCount : payouts && selectable.length}
                onPage={(isSelected) => selectOnly(isSelected ? selectable : [])}
                onAllMatching={selectAllMatching}
              />
            )}
            {problem === null && (
              <StaffPayoutsTable
                payouts={payouts?.nodes}
                isLoading={isLoading}
                sorting={sorting}
                emptyText={isFiltered ? t`No payouts match these filters.` : undefined}
                selection={canManage ? { isSelected, onSelect: select } : undefined}
              />
            )}
            {canManage && hasSelection && <SelectionBar>{actButtons}</SelectionBar>}
            {payouts && payouts.totalCount > 1 && <ListTotal totals={data?.payoutTotals ?? []} />}
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
      {dialog === "send" && stripe && (
        <SendPayoutsDialog
          stripe={stripe}
          payouts={isAllMatching ? loadMatching(filter) : selected}
          onClose={() => setDialog(null)}
          onEnd={endAct}
        />
      )}
      {dialog === "file" && (
        <CreatePaymentFileDialog
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
