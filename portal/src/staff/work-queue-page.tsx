import { useState } from "react";
import { Link } from "react-router";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { formatCount, formatMoneyList, totalsByCurrency } from "../format/money";
import { ApproveCommissionEventsDocument, CancelCommissionEventsDocument, WorkQueueDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { CommissionDialog } from "../partners/commission-dialog";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { isApprovedWithOriginal } from "./amendment";
import { ApproveAllDialog } from "./approve-all-dialog";
import { parsePendingFilter, PendingCommissionsFilter } from "./pending-commissions-filter";
import { type PendingCommission, PendingCommissionsTable } from "./pending-commissions-table";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { StaffPayoutsTable } from "./staff-payouts-table";

type OpenDialog = "approve-selected" | "cancel-selected" | "approve-all";

/** The work of finance: commissions to approve, and payouts to complete. */
export function WorkQueuePage() {
  useDocumentTitle("Work queue");
  const { calendar } = useSession();
  const { params } = useUrlState();
  const canManage = useCanManageCommissions();
  const filter = parsePendingFilter(params, calendar);
  const { data, error, isLoading, refetch } = useApiQuery(WorkQueueDocument, { events: filter, ...usePageArgs(50) });
  const { selection, select, selectOnly } = useSelection();
  const [openDialog, setOpenDialog] = useState<OpenDialog | null>(null);
  const [successMessage, setSuccessMessage] = useState<string | null>(null);
  const commissions = data?.commissionEvents;
  const payouts = data?.payouts;

  const selected = [...selection.values()];
  const selectable = commissions?.nodes.filter((row) => !isApprovedWithOriginal(row)) ?? [];
  const isPageSelected = selectable.length > 0 && selectable.every(({ id }) => selection.has(id));
  const closeDialog = () => setOpenDialog(null);
  const handleSuccess = (message: string) => {
    selectOnly([]);
    closeDialog();
    setSuccessMessage(message);
    refetch();
  };
  return (
    <>
      <PageHeader title="Work queue" lead="Commissions to approve and payouts to complete" />
      {successMessage && <SuccessAlert>{successMessage}</SuccessAlert>}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <>
          <Section
            title="Commissions to approve"
            lead="Oldest first. Reversals are approved together with their commission."
            actions={
              canManage && (
                <>
                  <button
                    className="button"
                    type="button"
                    disabled={selected.length === 0}
                    onClick={() => setOpenDialog("cancel-selected")}
                  >
                    Cancel selected
                  </button>
                  <button
                    className="button-primary"
                    type="button"
                    disabled={selected.length === 0}
                    onClick={() => setOpenDialog("approve-selected")}
                  >
                    {selected.length === 0
                      ? "Approve selected"
                      : `Approve ${formatCount(selected.length)} selected: ${totalOf(selected)}`}
                  </button>
                  <button
                    className="button"
                    type="button"
                    disabled={!commissions?.totalCount}
                    onClick={() => setOpenDialog("approve-all")}
                  >
                    Approve all matching…
                  </button>
                </>
              )
            }
          >
            <div className="stack">
              <PendingCommissionsFilter />
              {canManage && selectable.length > 0 && (
                <label>
                  <input
                    type="checkbox"
                    checked={isPageSelected}
                    onChange={({ target }) => selectOnly(target.checked ? selectable : [])}
                  />{" "}
                  Select all on this page
                </label>
              )}
              <PendingCommissionsTable
                rows={commissions?.nodes}
                isLoading={isLoading}
                selection={selection}
                onSelect={canManage ? select : undefined}
              />
              {commissions && (
                <Pagination
                  noun="pending commission"
                  totalCount={commissions.totalCount}
                  pageInfo={commissions.pageInfo}
                  files={commissions}
                />
              )}
            </div>
          </Section>
          <Section title="Open payouts" lead="Ready to be sent, or sent and not yet completed">
            <StaffPayoutsTable payouts={payouts?.nodes} isLoading={isLoading} />
            {payouts && payouts.totalCount > payouts.nodes.length && (
              <p className="muted">
                The first {formatCount(payouts.nodes.length)} of {formatCount(payouts.totalCount)};{" "}
                <Link to="/staff/payouts">all payouts</Link>
              </p>
            )}
          </Section>
        </>
      )}
      {openDialog === "approve-selected" && (
        <ApproveSelectedDialog commissions={selected} onClose={closeDialog} onSuccess={handleSuccess} />
      )}
      {openDialog === "cancel-selected" && (
        <CancelSelectedDialog commissions={selected} onClose={closeDialog} onSuccess={handleSuccess} />
      )}
      {openDialog === "approve-all" && (
        <ApproveAllDialog filter={filter} onClose={closeDialog} onSuccess={handleSuccess} />
      )}
      <CommissionDialog />
      <StaffPayoutDialog onSuccess={setSuccessMessage} />
    </>
  );
}

/** The selected commissions by id. They stay selected while the list shows another page. */
function useSelection() {
  const [selection, setSelection] = useState<ReadonlyMap<string, PendingCommission>>(new Map());
  const select = (row: PendingCommission, isSelected: boolean) => {
    const next = new Map(selection);
    if (isSelected) next.set(row.id, row);
    else next.delete(row.id);
    setSelection(next);
  };
  const selectOnly = (rows: readonly PendingCommission[]) => setSelection(new Map(rows.map((row) => [row.id, row])));
  return { selection, select, selectOnly };
}

/** The total of commissions, including the pending reversals that are approved or cancelled with them. */
function totalOf(commissions: readonly PendingCommission[]): string {
  const amounts = commissions.flatMap(({ commissionAmount, reversedBy }) => {
    const reversals = reversedBy.filter(({ status }) => status === "PENDING");
    return [commissionAmount, ...reversals.map((reversal) => reversal.commissionAmount)];
  });
  return formatMoneyList(totalsByCurrency(amounts));
}

interface SelectedDialogProps {
  readonly commissions: readonly PendingCommission[];
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

function ApproveSelectedDialog({ commissions, onClose, onSuccess }: SelectedDialogProps) {
  const approve = useApiMutation(ApproveCommissionEventsDocument);
  const total = totalOf(commissions);
  return (
    <ConfirmDialog
      title={`Approve ${formatCount(commissions.length, "commission")}?`}
      confirmLabel="Approve"
      onClose={onClose}
      onConfirm={() => approve({ input: { ids: commissions.map(({ id }) => id) } })}
      onSuccess={({ commissionEvents }) =>
        onSuccess(`Approved ${formatCount(commissionEvents?.length ?? 0, "commission")}: ${total}.`)
      }
    >
      <p>Total: {total}, including reversals. Approved commissions go into the partner’s next payout.</p>
    </ConfirmDialog>
  );
}

function CancelSelectedDialog({ commissions, onClose, onSuccess }: SelectedDialogProps) {
  const cancel = useApiMutation(CancelCommissionEventsDocument);
  const total = totalOf(commissions);
  return (
    <ConfirmDialog
      title={`Cancel ${formatCount(commissions.length, "commission")}?`}
      confirmLabel={commissions.length === 1 ? "Cancel commission" : "Cancel commissions"}
      onClose={onClose}
      onConfirm={(valueOf) => cancel({ input: { ids: commissions.map(({ id }) => id), reason: valueOf("reason") } })}
      onSuccess={({ commissionEvents }) =>
        onSuccess(`Cancelled ${formatCount(commissionEvents?.length ?? 0, "commission")}: ${total}.`)
      }
    >
      <p>Total: {total}. Cancelled commissions are never paid. You cannot undo this.</p>
      <TextAreaField label="Reason" name="reason" required hint="Stored in the history" />
    </ConfirmDialog>
  );
}
