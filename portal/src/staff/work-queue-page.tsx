import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useCallback, useState } from "react";
import { Link } from "react-router";
import { useLiveQuery, type UserError } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { isolated } from "../format/isolation";
import { formatCount } from "../format/money";
import { countOf } from "../format/nouns";
import { clause } from "../format/server-words";
import { WorkQueueDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { isApprovedWithOriginal } from "./amendment";
import { AttentionLink } from "./attention-link";
import type { LoadRows } from "./bulk-dialog";
import { ApproveAllDialog } from "./approve-all-dialog";
import { COMMISSION_ACTS, type CommissionAct, CommissionActDialog, totalOf } from "./commission-acts";
import { useDecide } from "./decision";
import { useMatchingCommissions } from "./matching";
import { parsePendingFilter, parseShown, PendingCommissionsFilter } from "./pending-commissions-filter";
import { type PendingCommission, PendingCommissionsTable } from "./pending-commissions-table";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";
import { SelectAll } from "./select-all";
import { SelectionBar } from "./selection-bar";
import { StaffPayoutsTable } from "./staff-payouts-table";
import { type Approval, useUndoApproval } from "./undo-approval";

type OpenDialog = "approve-selected" | "cancel-selected" | "approve-all" | { readonly act: CommissionAct };

/** The most commissions that one request decides on. More are decided on in batches. */
const DECIDED_MAX = 500;

/** The work of finance: commissions to approve, and payouts to complete. */
export function WorkQueuePage() {
  useDocumentTitle(t`Work queue`);
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
  const actLabel = (act: CommissionAct) => {
    if (act !== "approve" || !hasSelection) return COMMISSION_ACTS[act].selectedLabel;
    const count = formatCount(actCount);
    return isAllMatching ? t`Approve ${count} selected` : t`Approve ${count} selected: ${totalOf(selected)}`;
  };
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
  const actButtons = shown.acts.toReversed().map((act) => (
    <button
      key={act}
      className={act === "approve" ? "button-primary" : "button"}
      type="button"
      disabled={!hasSelection}
      onClick={() => openAct(act)}
    >
      {actLabel(act)}
    </button>
  ));
  return (
    <>
      <PageHeader title={t`Work queue`} lead={t`Commissions to approve and payouts to complete`} asOf={asOf} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {/* The filters stay when the list cannot be loaded: one of them may be the reason. */}
      <Section
        title={shown.title}
        lead={t`Oldest first. Reversals are decided on together with their commission.`}
        actions={
          canDecide && (
            <>
              {actButtons}
              {shown.acts.includes("approve") && (
                <button
                  className="button"
                  type="button"
                  disabled={!commissions?.totalCount}
                  onClick={() => setOpenDialog("approve-all")}
                >
                  <Trans>Approve all matching…</Trans>
                </button>
              )}
            </>
          )
        }
      >
        <div className="stack">
          <PendingCommissionsFilter />
          {canDecide && (!commissions || selectable.length > 0) && (
            <SelectAll
              noun="commission"
              isPageSelected={isPageSelected}
              isAllMatching={isAllMatching}
              selectedCount={selected.length}
              totalCount={commissions?.totalCount}
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
          {canDecide && hasSelection && <SelectionBar>{actButtons}</SelectionBar>}
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
      <Section title={t`Open payouts`} lead={<OpenPayoutsLead />}>
        {!hasFailed && <StaffPayoutsTable payouts={payouts?.nodes} isLoading={isLoading} />}
        {payouts && payouts.totalCount > payouts.nodes.length && (
          <p className="muted">
            <Trans>
              The first {formatCount(payouts.nodes.length)} of {formatCount(payouts.totalCount)};{" "}
              <Link to="/staff/payouts">all payouts</Link>
            </Trans>
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

function OpenPayoutsLead() {
  return <><Trans>Ready to be sent, or sent and not yet completed.</Trans> <AttentionLink /></>;
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
  const select = useCallback((row: PendingCommission, isSelected: boolean) => {
    setAllMatching(null);
    setSelection((selection) => {
      const next = new Map(selection);
      if (isSelected) next.set(row.id, row);
      else next.delete(row.id);
      return next;
    });
  }, []);
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
  const approve = useDecide("approve");
  const [hadConflict, setHadConflict] = useState(false);
  const ids = commissions.map(({ id }) => id);
  const total = totalOf(commissions);
  const handleUserErrors = (errors: readonly UserError[]) => {
    const rejected = commissions.filter(({ id }) => errors.some(({ row }) => row === id));
    onDeselect(rejected);
    setHadConflict(rejected.length > 0);
    return errors.map((error) => {
      const commission = rejected.find(({ id }) => id === error.row);
      const name = isolated(commission?.invoiceId ?? commission?.id ?? "");
      return commission ? { ...error, message: t`${name}: ${clause(error.message)}. It is no longer selected.` } : error;
    });
  };
  return (
    <ConfirmDialog
      title={COMMISSION_ACTS.approve.title(commissions.length)}
      confirmLabel={hadConflict ? t`Approve the other ${formatCount(commissions.length)}` : t`Approve`}
      canConfirm={commissions.length > 0}
      onUserErrors={handleUserErrors}
      onClose={onClose}
      onConfirm={() => approve(ids, "")}
      onSuccess={() => onSuccess(t`Approved ${countOf("commission", ids.length)}: ${total}.`, { ids })}
    >
      <p><Trans>Total: {total}, including reversals. Approved commissions go into the partner’s next payout.</Trans></p>
    </ConfirmDialog>
  );
}

function CancelSelectedDialog({ commissions, onClose, onSuccess }: SelectedDialogProps) {
  const cancel = useDecide("cancel");
  const total = totalOf(commissions);
  return (
    <ConfirmDialog
      title={COMMISSION_ACTS.cancel.title(commissions.length)}
      confirmLabel={commissions.length === 1 ? t`Cancel commission` : t`Cancel commissions`}
      onClose={onClose}
      onConfirm={(valueOf) => cancel(commissions.map(({ id }) => id), valueOf("reason"))}
      onSuccess={() => onSuccess(t`Cancelled ${countOf("commission", commissions.length)}: ${total}.`)}
    >
      <p><Trans>Total: {total}. Cancelled commissions are never paid. You cannot undo this.</Trans></p>
      <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} />
    </ConfirmDialog>
  );
}
