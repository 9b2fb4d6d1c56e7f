import { useState } from "react";
import { useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { FieldRow, SelectField, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { PageTotal } from "../components/page-total";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { type Column, Table } from "../components/table";
import { isolated } from "../format/isolation";
import { noCommissionReasonLabel } from "../format/labels";
import { InvoicesWithoutCommissionDocument, type InvoicesWithoutCommissionQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManageCommissions, useCanManagePartners, useSession } from "../sign-in/session";
import { AssignCustomerDialog } from "./assign-customer-dialog";
import { CorrectInvoiceDialog } from "./correct-invoice-dialog";
import { ReassessDialog } from "./reassess-dialog";
import type { Selection } from "./reassessment";

export type Invoice = InvoicesWithoutCommissionQuery["invoices"]["nodes"][number];

const CAUSES = ["NO_MANAGED_ACCOUNT", "NO_RATE", "PARTNER_INELIGIBLE", "ZERO_AMOUNT"] as const;
/** A zero amount is no mistake, so that it is listed only if it is asked for. */
const MISTAKES = CAUSES.slice(0, 3);

type OpenDialog =
  | { readonly kind: "assign" | "correct"; readonly invoice: Invoice }
  | { readonly kind: "assess"; readonly title: string; readonly selection: Selection };

interface Success {
  readonly message: string;
  /** The customer that was assigned, whose invoices can be assessed again now. */
  readonly customerId?: string;
}

const assessOne = ({ id, invoiceId }: Invoice): OpenDialog => ({
  kind: "assess",
  title: `Assess invoice ${isolated(invoiceId)} again`,
  selection: { ids: [id] },
});

const assessCustomer = (customerId: string): OpenDialog => ({
  kind: "assess",
  title: `Assess all invoices of ${isolated(customerId)} again`,
  selection: { customerId },
});

/** The invoices that earned nothing, each with its cause and what can be done about it. */
export function InvoicesPage() {
  useDocumentTitle("Invoices without commission");
  const { params, setParams } = useUrlState();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [success, setSuccess] = useState<Success | null>(null);
  const canManageCommissions = useCanManageCommissions();
  const cause = CAUSES.find((cause) => cause === params.get("cause"));
  const customerId = params.get("customer");
  const filter = { outcome: cause ? [cause] : [...MISTAKES], ...(customerId && { customerId }) };
  const { data, error, isLoading, refetch } = useApiQuery(InvoicesWithoutCommissionDocument, {
    filter,
    ...usePageArgs(50),
  });
  const columns = useColumns(setDialog);
  const closeDialog = () => {
    setDialog(null);
    // Also if it was not completed: a part of the invoices may have been assessed.
    if (dialog?.kind === "assess") refetch();
  };
  const handleSuccess = (success: Success) => {
    setDialog(null);
    setSuccess(success);
    refetch();
  };
  const assignedCustomer = success?.customerId;
  const assessAll: OpenDialog = { kind: "assess", title: "Assess all matching invoices again", selection: filter };
  const canAssess = canManageCommissions && cause !== "ZERO_AMOUNT";
  return (
    <>
      <PageHeader title="Invoices without commission" lead="What billing reported and no partner earned anything on" />
      {success && (
        <SuccessAlert>
          {success.message}
          {assignedCustomer && !canManageCommissions && " Finance can assess its invoices again now."}
          {assignedCustomer && canManageCommissions && (
            <>
              {" "}
              <button className="button" type="button" onClick={() => setDialog(assessCustomer(assignedCustomer))}>
                Assess its invoices again…
              </button>
            </>
          )}
        </SuccessAlert>
      )}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title="Invoices"
          lead="Latest payment first. After the cause is removed, assess the invoices again."
          actions={
            canAssess && (
              <button
                className="button-primary"
                type="button"
                disabled={isLoading || !data?.invoices.totalCount}
                onClick={() => setDialog(assessAll)}
              >
                Assess all again…
              </button>
            )
          }
        >
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
            {data && data.invoices.nodes.length > 1 && (
              <PageTotal amounts={data.invoices.nodes.map(({ commissionableAmount }) => commissionableAmount)} />
            )}
            {data && (
              <Pagination
                noun="invoice"
                totalCount={data.invoices.totalCount}
                pageInfo={data.invoices.pageInfo}
                files={data.invoices}
              />
            )}
          </div>
        </Section>
      )}
      {dialog?.kind === "assign" && (
        <AssignCustomerDialog
          invoice={dialog.invoice}
          onClose={closeDialog}
          onSuccess={(message) => handleSuccess({ message, customerId: dialog.invoice.customerId })}
        />
      )}
      {dialog?.kind === "correct" && (
        <CorrectInvoiceDialog
          id={dialog.invoice.id}
          onClose={closeDialog}
          onSuccess={(message) => handleSuccess({ message })}
        />
      )}
      {dialog?.kind === "assess" && (
        <ReassessDialog
          title={dialog.title}
          selection={dialog.selection}
          onClose={closeDialog}
          onSuccess={(message) => handleSuccess({ message })}
        />
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
            <button className="button" type="button" onClick={() => open(assessOne(invoice))}>
              Assess again…
            </button>
          )}
          {canManageCommissions && (
            <button className="button" type="button" onClick={() => open({ kind: "correct", invoice })}>
              Correct…
            </button>
          )}
        </div>
      ),
    },
  ];
}
