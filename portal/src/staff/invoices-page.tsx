import { useState } from "react";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { ConfirmDialog } from "../components/confirm-dialog";
import { EmptyState } from "../components/empty-state";
import { FieldRow, SelectField, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { type Column, Table } from "../components/table";
import { noCommissionReasonLabel } from "../format/labels";
import { formatMoney } from "../format/money";
import {
  CorrectInvoiceDocument, type CorrectInvoiceMutation, InvoicesWithoutCommissionDocument,
  type InvoicesWithoutCommissionQuery,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions, useCanManagePartners, useSession } from "../sign-in/session";
import { AssignCustomerDialog } from "./assign-customer-dialog";

export type Invoice = InvoicesWithoutCommissionQuery["invoices"]["nodes"][number];

const CAUSES = ["NO_MANAGED_ACCOUNT", "NO_RATE", "PARTNER_INELIGIBLE", "ZERO_AMOUNT"] as const;
/** A zero amount is no mistake, so that it is listed only if it is asked for. */
const MISTAKES = CAUSES.slice(0, 3);

type OpenDialog = { readonly kind: "assign" | "assess"; readonly invoice: Invoice };

/** The invoices that earned nothing, each with its cause and what can be done about it. */
export function InvoicesPage() {
  useDocumentTitle("Invoices without commission");
  const { params, setParams } = useUrlState();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [successMessage, setSuccessMessage] = useState<string | null>(null);
  const cause = CAUSES.find((cause) => cause === params.get("cause"));
  const customerId = params.get("customer");
  const filter = { outcome: cause ? [cause] : [...MISTAKES], ...(customerId && { customerId }) };
  const { data, error, isLoading, refetch } = useApiQuery(InvoicesWithoutCommissionDocument, {
    filter,
    ...usePageArgs(50),
  });
  const columns = useColumns(setDialog);
  const handleSuccess = (message: string) => {
    setDialog(null);
    setSuccessMessage(message);
    refetch();
  };
  return (
    <>
      <PageHeader title="Invoices without commission" lead="What billing reported and no partner earned anything on" />
      {successMessage && <SuccessAlert>{successMessage}</SuccessAlert>}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title="Invoices" lead="Latest payment first. After the cause is removed, assess an invoice again.">
          <div className="stack">
            <form role="search" aria-label="Invoices" onSubmit={(event) => event.preventDefault()}>
              <FieldRow>
                <SelectField
                  label="Cause"
                  value={cause ?? ""}
                  onChange={(cause) => setParams({ ...FIRST_PAGE, cause })}
                  options={[
                    { value: "", label: "All but zero amounts" },
                    ...CAUSES.map((value) => ({ value, label: noCommissionReasonLabel(value) })),
                  ]}
                />
                <TextField
                  label="Customer id"
                  type="search"
                  defaultValue={customerId ?? ""}
                  onChange={({ target }) => setParams({ ...FIRST_PAGE, customer: target.value.trim() })}
                />
              </FieldRow>
            </form>
            {data?.invoices.nodes.length === 0 && !isLoading ? (
              <EmptyState>No such invoices.</EmptyState>
            ) : (
              <Table
                caption="Invoices without commission"
                columns={columns}
                rows={data?.invoices.nodes}
                isLoading={isLoading}
                rowTestId="invoice-row"
              />
            )}
            {data && (
              <Pagination noun="invoice" totalCount={data.invoices.totalCount} pageInfo={data.invoices.pageInfo} />
            )}
          </div>
        </Section>
      )}
      {dialog?.kind === "assign" && (
        <AssignCustomerDialog invoice={dialog.invoice} onClose={() => setDialog(null)} onSuccess={handleSuccess} />
      )}
      {dialog?.kind === "assess" && (
        <AssessDialog invoice={dialog.invoice} onClose={() => setDialog(null)} onSuccess={handleSuccess} />
      )}
    </>
  );
}

function useColumns(open: (dialog: OpenDialog) => void): readonly Column<Invoice>[] {
  const { calendar } = useSession();
  const canManagePartners = useCanManagePartners();
  const canManageCommissions = useCanManageCommissions();
  return [
    { header: "Paid", cell: ({ paidAt }) => calendar.formatDate(paidAt) },
    {
      header: "Invoice",
      cell: ({ invoiceId, paymentId }) => (
        <>
          <bdi>{invoiceId}</bdi>
          {paymentId && (
            <div className="muted">
              payment <bdi>{paymentId}</bdi>
            </div>
          )}
        </>
      ),
    },
    { header: "Customer", cell: ({ customerId }) => <bdi>{customerId}</bdi> },
    { header: "Base amount", isNumber: true, cell: ({ commissionableAmount }) => <Amount value={commissionableAmount} /> },
    { header: "Cause", cell: ({ outcome }) => noCommissionReasonLabel(outcome) },
    {
      header: "Actions",
      cell: (invoice) => (
        <div className="buttons">
          {canManagePartners && invoice.outcome === "NO_MANAGED_ACCOUNT" && (
            <button className="button" type="button" onClick={() => open({ kind: "assign", invoice })}>
              Assign customer…
            </button>
          )}
          {canManageCommissions && invoice.outcome !== "ZERO_AMOUNT" && (
            <button className="button" type="button" onClick={() => open({ kind: "assess", invoice })}>
              Assess again…
            </button>
          )}
        </div>
      ),
    },
  ];
}

interface DialogProps {
  readonly invoice: Invoice;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Assesses an invoice again with the data that it has. */
function AssessDialog({ invoice, onClose, onSuccess }: DialogProps) {
  const correct = useApiMutation(CorrectInvoiceDocument);
  const { id, invoiceId, paymentId, customerId, totalAmount, commissionableAmount, paidAt, outcome } = invoice;
  // One key per opening: a repeated click, or a retry after a timeout, is the same request.
  const [idempotencyKey] = useState(() => `assess ${id} ${Date.now()}`);
  const money = ({ amount, currency }: { amount: string; currency: string }) => ({ amount, currency });
  const input = {
    invoiceId,
    ...(paymentId && { paymentId }),
    customerId,
    totalAmount: money(totalAmount),
    commissionableAmount: money(commissionableAmount),
    paidAt,
    reason: "Assessed again",
    idempotencyKey,
  };
  return (
    <ConfirmDialog
      title={`Assess invoice ${invoiceId} again?`}
      confirmLabel="Assess again"
      onClose={onClose}
      onConfirm={() => correct({ input })}
      onSuccess={(payload) => onSuccess(assessmentMessage(invoiceId, payload))}
    >
      <p>
        {noCommissionReasonLabel(outcome)} when it paid. The invoice is assessed by the account, the rate and the status that
        are in force at that time as it is known now.
      </p>
    </ConfirmDialog>
  );
}

function assessmentMessage(invoiceId: string, payload: NonNullable<CorrectInvoiceMutation["correctInvoice"]>): string {
  if (payload.commissionEvent) {
    return `Invoice ${invoiceId} earned a commission of ${formatMoney(payload.commissionEvent.commissionAmount)}.`;
  }
  return `Invoice ${invoiceId} still earns nothing: ${noCommissionReasonLabel(payload.outcome ?? "").toLowerCase()}.`;
}
