import { useState } from "react";
import { useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { CurrencyField, FieldRow, StatusFilter } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { PageTotal } from "../components/page-total";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { PAYOUT_STATUSES } from "../format/labels";
import { StaffPayoutsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { BankListDialog } from "./bank-list-dialog";
import { useMatchingPayouts } from "./matching";
import { PartnerFilter } from "./partner-filter";
import { type BulkPayoutAct, PayoutActsDialog } from "./payout-acts";
import { isOpenStatus, OPEN, OtherConditions, parsePayoutFilter, statusLabel } from "./payout-filter";
import { usePayoutSelection } from "./payout-selection";
import { RunPayoutsDialog } from "./run-payouts-dialog";
import { SelectAll } from "./select-all";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { isOpen, StaffPayoutsTable } from "./staff-payouts-table";

type OpenDialog = BulkPayoutAct | "bank-list";

/** The payouts of all partners, and a button that runs payouts. */
export function PayoutsPage() {
  useDocumentTitle("Payouts");
  const { params, setParams } = useUrlState();
  const canManage = useCanManageCommissions();
  const [successMessage, setSuccessMessage] = useState<string | null>(null);
  const [isRunDialogOpen, setIsRunDialogOpen] = useState(false);
  const { calendar } = useSession();
  const filter = parsePayoutFilter(params, calendar);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const { selected, isAllMatching, isSelected, select, selectOnly, selectAllMatching } = usePayoutSelection(
    JSON.stringify(filter),
  );
  const loadMatching = useMatchingPayouts();
  const { data, error, isLoading, refetch } = useApiQuery(StaffPayoutsDocument, { filter, ...usePageArgs(50) });
  const selectable = data?.payouts.nodes.filter(isOpen) ?? [];
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
      {successMessage && <SuccessAlert>{successMessage}</SuccessAlert>}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title="All payouts"
          lead="Latest first"
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
            <FieldRow>
              <PartnerFilter />
              <StatusFilter statuses={[OPEN, ...PAYOUT_STATUSES]} labelOf={statusLabel} />
              <CurrencyField
                value={params.get("currency") ?? ""}
                onCurrency={(currency) => setParams({ ...FIRST_PAGE, currency })}
              />
            </FieldRow>
            <OtherConditions />
            {canManage && selectable.length > 0 && (
              <SelectAll
                noun="payout"
                isPageSelected={isPageSelected}
                isAllMatching={isAllMatching}
                selectedCount={selected.length}
                totalCount={isOpenStatus(params.get("status")) ? (data?.payouts.totalCount ?? 0) : selectable.length}
                onPage={(isSelected) => selectOnly(isSelected ? selectable : [])}
                onAllMatching={selectAllMatching}
              />
            )}
            <StaffPayoutsTable
              payouts={data?.payouts.nodes}
              isLoading={isLoading}
              selection={canManage ? { isSelected, onSelect: select } : undefined}
            />
            {data && data.payouts.nodes.length > 1 && (
              <PageTotal amounts={data.payouts.nodes.map(({ totalAmount }) => totalAmount)} />
            )}
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
            setSuccessMessage(message);
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
      <StaffPayoutDialog onSuccess={setSuccessMessage} />
      <StaffCommissionDialog onSuccess={setSuccessMessage} />
    </>
  );
}
