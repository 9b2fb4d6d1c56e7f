import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { PageTotal } from "../components/page-total";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { type Column, Table } from "../components/table";
import { isolated } from "../format/isolation";
import { noCommissionReasonLabel } from "../format/labels";
import { type InvoiceFilter, InvoicesWithoutCommissionDocument, type InvoicesWithoutCommissionQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs } from "../hooks/url-state";
import { useCanManageCommissions, useCanManagePartners, useSession } from "../sign-in/session";
import { AssignCustomerDialog } from "./assign-customer-dialog";
import { CorrectInvoiceDialog } from "./correct-invoice-dialog";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { INVOICES_VIEW, NO_COMMISSION_CAUSES } from "./list-views";
import { ReassessDialog } from "./reassess-dialog";
import type { Selection } from "./reassessment";
import { SavedViews } from "./saved-views";

export type Invoice = InvoicesWithoutCommissionQuery["invoices"]["nodes"][number];

/** The causes that can be removed. */
const MISTAKES = NO_COMMISSION_CAUSES.slice(0, 3);

/** The conditions by which invoices can be assessed again. */
const ASSESSABLE: readonly string[] = ["outcome", "customerId", "paidFrom", "paidTo"];

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
  title: t`Assess invoice ${isolated(invoiceId)} again`,
  selection: { ids: [id] },
});

const assessCustomer = (customerId: string): OpenDialog => ({
  kind: "assess",
  title: t`Assess all invoices of ${isolated(customerId)} again`,
  selection: { customerId },
});

/** The invoices that earned nothing, each with its cause and what can be done about it. */
export function InvoicesPage() {
  useDocumentTitle(t`Invoices without commission`);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const [success, setSuccess] = useState<Success | null>(null);
  const canManageCommissions = useCanManageCommissions();
  const canManagePartners = useCanManagePartners();
  const { filter: chosen, problem } = useListView(INVOICES_VIEW);
  const filter: InvoiceFilter = { outcome: [...MISTAKES], ...chosen };
  const variables = { filter, ...usePageArgs(50) };
  const { data: page, error, isLoading, refetch } = useApiQuery(InvoicesWithoutCommissionDocument, variables, problem !== null);
  const data = problem === null ? page : undefined;
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
  const assessAll: OpenDialog = { kind: "assess", title: t`Assess all matching invoices again`, selection: filter as Selection };
  const isAssessable = !filter.outcome?.includes("ZERO_AMOUNT") && Object.keys(filter).every((name) => ASSESSABLE.includes(name));
  const canAssess = canManageCommissions && isAssessable;
  return (
    <>
      <PageHeader
        title={t`Invoices without commission`}
        lead={
          <Trans>
            What billing reported and no partner earned anything on. The others are under{" "}
            <Link to="/staff/commissions">Commissions</Link>.
          </Trans>
        }
      />
      {success && (
        <SuccessAlert>
          {success.message}
          {assignedCustomer && !canManageCommissions && ` ${t`Finance can assess its invoices again now.`}`}
          {assignedCustomer && canManageCommissions && (
            <>
              {" "}
              <button className="button" type="button" onClick={() => setDialog(assessCustomer(assignedCustomer))}>
                <Trans>Assess its invoices again…</Trans>
              </button>
            </>
          )}
        </SuccessAlert>
      )}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !page) && (
        <Section
          title={t`Invoices`}
          lead={leadOf(canManagePartners, canManageCommissions)}
          actions={
            canAssess && (
              <button
                className="button-primary"
                type="button"
                disabled={isLoading || !data?.invoices.totalCount}
                onClick={() => setDialog(assessAll)}
              >
                <Trans>Assess all again…</Trans>
              </button>
            )
          }
        >
          <div className="stack">
            <SavedViews view={INVOICES_VIEW} />
            <ListFilter view={INVOICES_VIEW} />
            {data?.invoices.nodes.length === 0 && !isLoading ? (
              <EmptyState>{Object.keys(chosen).length > 0 ? t`No such invoices.` : t`Every invoice earned a commission.`}</EmptyState>
            ) : (
              problem === null && (
                <Table
                  caption={t`Invoices without commission`}
                  columns={columns}
                  rows={data?.invoices.nodes}
                  isLoading={isLoading}
                  rowTestId="invoice-row"
                />
              )
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

/** What to do about the invoices, and who does it if the user does not. */
function leadOf(canManagePartners: boolean, canManageCommissions: boolean): string {
  const lead = t`Latest payment first. Remove the cause, and then assess the invoices again.`;
  if (!canManagePartners && canManageCommissions) return `${lead} ${t`Support and admins assign customers and change rates.`}`;
  return canManagePartners && !canManageCommissions ? `${lead} ${t`Finance assesses them.`}` : lead;
}

function useColumns(open: (dialog: OpenDialog) => void): readonly Column<Invoice>[] {
  const { calendar } = useSession();
  const canManagePartners = useCanManagePartners();
  const canManageCommissions = useCanManageCommissions();
  return [
    { header: t`Paid`, cell: ({ paidAt }) => calendar.formatDate(paidAt) },
    {
      header: t`Invoice`,
      cell: ({ invoiceId, paymentId }) => (
        <>
          <bdi>{invoiceId}</bdi>
          {paymentId && (
            <div className="muted">
              <Trans>
                payment <bdi>{paymentId}</bdi>
              </Trans>
            </div>
          )}
        </>
      ),
    },
    { header: t`Customer`, cell: ({ customerId }) => <bdi>{customerId}</bdi> },
    { header: t`Base amount`, isNumber: true, cell: ({ commissionableAmount }) => <Amount value={commissionableAmount} /> },
    { header: t`Cause`, cell: ({ outcome }) => noCommissionReasonLabel(outcome) },
    {
      header: t`Actions`,
      cell: (invoice) => (
        <div className="buttons">
          {canManagePartners && invoice.outcome === "NO_MANAGED_ACCOUNT" && (
            <button className="button" type="button" onClick={() => open({ kind: "assign", invoice })}>
              <Trans>Assign customer…</Trans>
            </button>
          )}
          {canManageCommissions && invoice.outcome !== "ZERO_AMOUNT" && (
            <button className="button" type="button" onClick={() => open(assessOne(invoice))}>
              <Trans>Assess again…</Trans>
            </button>
          )}
          {canManageCommissions && (
            <button className="button" type="button" onClick={() => open({ kind: "correct", invoice })}>
              <Trans>Correct…</Trans>
            </button>
          )}
        </div>
      ),
    },
  ];
}
