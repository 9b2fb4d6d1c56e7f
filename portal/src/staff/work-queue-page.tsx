import { useState } from "react";
import { Link } from "react-router";
import { useApiMutation, useLiveQuery, type UserError } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { PageTotal } from "../components/page-total";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { isolated } from "../format/isolation";
import { formatCount } from "../format/money";
import { ApproveCommissionEventsDocument, CancelCommissionEventsDocument, WorkQueueDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { isApprovedWithOriginal } from "./amendment";
import type { LoadRows } from "./bulk-dialog";
import { ApproveAllDialog } from "./approve-all-dialog";
import { COMMISSION_ACTS, type CommissionAct, CommissionActDialog, totalOf } from "./commission-acts";
import { useMatchingCommissions } from "./matching";
import { parsePendingFilter, parseShown, PendingCommissionsFilter } from "./pending-commissions-filter";
import { type PendingCommission, PendingCommissionsTable } from "./pending-commissions-table";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { SelectAll } from "./select-all";
import { StaffPayoutsTable } from "./staff-payouts-table";
import { type Approval, useUndoApproval } from "./undo-approval";

type OpenDialog = "approve-selected" | "cancel-selected" | "approve-all" | { readonly act: CommissionAct };

/** The most commissions that one request decides on. More are decided on in batches. */
const DECIDED_MAX = 500;

/** The work of finance: commissions to approve, and payouts to complete. */
export function WorkQueuePage() {
  useDocumentTitle("Work queue");
  const { calendar } = useSession();
  const { params } = useUrlState();
  const canManage = useCanManageCommissions();
  const filter = parsePendingFilter(params, calendar);
  const shown = parseShown(params);
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(
    WorkQueueDocument,
    { events: filter, ...usePageArgs(50) },
    30,
  );
  const { selection, select, selectOnly, isAllMatching, selectAllMatching } = useSelection(JSON.stringify(filter));
  const loadMatching = useMatchingCommissions();
  const [openDialog, setOpenDialog] = useState<OpenDialog | null>(null);
  const showToast = useToast();
  const commissions = data?.commissionEvents;
  const payouts = data?.payouts;
  const hasFailed = error !== null && !data;

  const selected = [...selection.values()];
  const hasSelection = isAllMatching || selected.length > 0;
  const canDecide = canManage && shown.acts.length > 0;
  const openAct = (act: CommissionAct) => {
    const isSmall = !isAllMatching && selected.length <= DECIDED_MAX;
    if (act === "approve" && isSmall) setOpenDialog("approve-selected");
    else if (act === "cancel" && isSmall) setOpenDialog("cancel-selected");
    else setOpenDialog({ act });
  };
  const actCount = isAllMatching ? (commissions?.totalCount ?? 0) : selected.length;
  const actLabel = (act: CommissionAct) =>
    act === "approve" && hasSelection
      ? `Approve ${formatCount(actCount)} selected${isAllMatching ? "" : `: ${totalOf(selected)}`}`
      : `${act === "cancel" ? "Cancel" : COMMISSION_ACTS[act].label} selected`;
  const selectable = commissions?.nodes.filter((row) => !isApprovedWithOriginal(row)) ?? [];
  const isPageSelected = selectable.length > 0 && selectable.every(({ id }) => selection.has(id));
  const closeDialog = () => setOpenDialog(null);
  const undoApproval = useUndoApproval(refetch);
  const handleSuccess = (message: string, approval?: Approval) => {
    selectOnly([]);
    closeDialog();
    showToast(message, approval && undoApproval(approval));
    refetch();
  };
  return (
    <>
      <PageHeader title="Work queue" lead="Commissions to approve and payouts to complete" asOf={asOf} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {/* The filters stay when the list cannot be loaded: one of them may be the reason. */}
      <Section
        title={shown.title}
        lead="Oldest first. Reversals are decided on together with their commission."
        actions={
          canDecide && (
            <>
              {shown.acts.toReversed().map((act) => (
                <button
                  key={act}
                  className={act === "approve" ? "button-primary" : "button"}
                  type="button"
                  disabled={!hasSelection}
                  onClick={() => openAct(act)}
                >
                  {actLabel(act)}
                </button>
              ))}
              {shown.acts.includes("approve") && (
                <button
                  className="button"
                  type="button"
                  disabled={!commissions?.totalCount}
                  onClick={() => setOpenDialog("approve-all")}
                >
                  Approve all matching…
                </button>
              )}
            </>
          )
        }
      >
        <div className="stack">
          <PendingCommissionsFilter />
          {canDecide && selectable.length > 0 && (
            <SelectAll
              noun="commission"
              isPageSelected={isPageSelected}
              isAllMatching={isAllMatching}
              selectedCount={selected.length}
              totalCount={commissions?.totalCount ?? 0}
              onPage={(isSelected) => selectOnly(isSelected ? selectable : [])}
              onAllMatching={selectAllMatching}
            />
          )}
          {!hasFailed && (
            <PendingCommissionsTable
              rows={commissions?.nodes}
              isLoading={isLoading}
              selection={selection}
              isAllSelected={isAllMatching}
              onSelect={canDecide ? select : undefined}
              empty={shown.empty}
            />
          )}
          {commissions && commissions.nodes.length > 1 && (
            <PageTotal amounts={commissions.nodes.map(({ commissionAmount }) => commissionAmount)} />
          )}
          {commissions && (
            <Pagination
              noun={shown.name === "" ? "pending commission" : "commission"}
              totalCount={commissions.totalCount}
              pageInfo={commissions.pageInfo}
              files={commissions}
            />
          )}
        </div>
      </Section>
      <Section title="Open payouts" lead="Ready to be sent, or sent and not yet completed">
        {!hasFailed && <StaffPayoutsTable payouts={payouts?.nodes} isLoading={isLoading} />}
        {payouts && payouts.totalCount > payouts.nodes.length && (
          <p className="muted">
            The first {formatCount(payouts.nodes.length)} of {formatCount(payouts.totalCount)};{" "}
            <Link to="/staff/payouts">all payouts</Link>
          </p>
        )}
      </Section>
      {openDialog === "approve-selected" && (
        <ApproveSelectedDialog
          commissions={selected}
          onClose={closeDialog}
          onSuccess={handleSuccess}
          onDeselect={(rows) => {
            for (const row of rows) select(row, false);
            refetch();
          }}
        />
      )}
      {openDialog === "cancel-selected" && (
        <CancelSelectedDialog commissions={selected} onClose={closeDialog} onSuccess={handleSuccess} />
      )}
      {openDialog === "approve-all" && (
        <ApproveAllDialog filter={filter} onClose={closeDialog} onSuccess={handleSuccess} />
      )}
      {typeof openDialog === "object" && openDialog && (
        <CommissionActDialog
          act={openDialog.act}
          commissions={isAllMatching ? withoutAmendments(loadMatching(filter)) : selected}
          onClose={closeDialog}
          onEnd={() => {
            selectOnly([]);
            refetch();
          }}
        />
      )}
      <StaffCommissionDialog
        onSuccess={(message) => {
          showToast(message);
          refetch();
        }}
      />
      <StaffPayoutDialog onSuccess={showToast} />
    </>
  );
}

/** Leaves out the amendments, which are decided on with their commission. */
function withoutAmendments(load: LoadRows<PendingCommission>): LoadRows<PendingCommission> {
  return async (onProgress, isStopped) => {
    const loaded = await load(onProgress, isStopped);
    return "error" in loaded ? loaded : { rows: loaded.rows.filter((row) => !isApprovedWithOriginal(row)) };
  };
}

/**
 * The selected commissions by id, or all that match the filter. They stay selected while the list shows another page, and not
 * with another filter.
 */
function useSelection(filter: string) {
  const [selection, setSelection] = useState<ReadonlyMap<string, PendingCommission>>(new Map());
  const [allMatching, setAllMatching] = useState<string | null>(null);
  const select = (row: PendingCommission, isSelected: boolean) => {
    setAllMatching(null);
    setSelection((selection) => {
      const next = new Map(selection);
      if (isSelected) next.set(row.id, row);
      else next.delete(row.id);
      return next;
    });
  };
  const selectOnly = (rows: readonly PendingCommission[]) => {
    setAllMatching(null);
    setSelection(new Map(rows.map((row) => [row.id, row])));
  };
  const selectAllMatching = () => setAllMatching(filter);
  return { selection, select, selectOnly, isAllMatching: allMatching === filter, selectAllMatching };
}

interface SelectedDialogProps {
  readonly commissions: readonly PendingCommission[];
  readonly onClose: () => void;
  /** Called with a message for the user, and with what was approved, if anything was. */
  readonly onSuccess: (message: string, approval?: Approval) => void;
}

interface ApproveSelectedProps extends SelectedDialogProps {
  /** Removes commissions from the selection and loads the list again. */
  readonly onDeselect: (commissions: readonly PendingCommission[]) => void;
}

/**
 * Approves the selected commissions. Those that cannot be approved, because a colleague decided on them meanwhile, are taken
 * out of the selection; confirming again approves the others.
 */
function ApproveSelectedDialog({ commissions, onClose, onSuccess, onDeselect }: ApproveSelectedProps) {
  const approve = useApiMutation(ApproveCommissionEventsDocument);
  const [hadConflict, setHadConflict] = useState(false);
  const total = totalOf(commissions);
  const handleUserErrors = (errors: readonly UserError[]) => {
    const rejected = commissions.filter(({ id }) => errors.some(({ row }) => row === id));
    onDeselect(rejected);
    setHadConflict(rejected.length > 0);
    return errors.map(({ message, row }) => {
      const commission = rejected.find(({ id }) => id === row);
      return commission ? `${isolated(commission.invoiceId ?? commission.id)}: ${message}. It is no longer selected.` : message;
    });
  };
  return (
    <ConfirmDialog
      title={`Approve ${formatCount(commissions.length, "commission")}?`}
      confirmLabel={hadConflict ? `Approve the other ${formatCount(commissions.length)}` : "Approve"}
      canConfirm={commissions.length > 0}
      onUserErrors={handleUserErrors}
      onClose={onClose}
      onConfirm={() => approve({ input: { ids: commissions.map(({ id }) => id) } })}
      onSuccess={({ commissionEvents }) =>
        onSuccess(`Approved ${formatCount(commissionEvents?.length ?? 0, "commission")}: ${total}.`, {
          ids: commissions.map(({ id }) => id),
        })
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
