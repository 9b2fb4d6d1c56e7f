import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, useNavigate } from "react-router";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { Breadcrumbs } from "../components/breadcrumbs";
import { EmptyState } from "../components/empty-state";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { type PaymentFileRowFragment, PaymentFilesDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { formatLocale } from "../language";
import { useSession } from "../sign-in/session";
import { formatDay, paymentFileFormatLabel, paymentFileStateLabel } from "./payment-file-labels";

/** The files that banks pay payouts by, and how many of their payouts are still to be recorded. */
export function PaymentFilesPage() {
  useDocumentTitle(t`Payment files`);
  const navigate = useNavigate();
  const { params, setParams } = useUrlState();
  const isOpenOnly = params.get("show") === "open";
  const variables = { filter: isOpenOnly ? { hasOpenPayouts: true } : {}, ...usePageArgs(50) };
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(PaymentFilesDocument, variables, 30);
  const files = data?.paymentFiles;
  const columns = useColumns();
  return (
    <>
      <Breadcrumbs items={[{ name: t`Payouts`, to: "/staff/payouts" }, { name: t`Payment files` }]} />
      <PageHeader
        title={t`Payment files`}
        asOf={asOf}
        lead={t`Files for your bank. Create one from the list of payouts: select those that are ready.`}
        actions={<Link to="/staff/payouts?status=READY"><Trans>Payouts that are ready</Trans></Link>}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title={t`Payment files`}
          lead={t`Latest first`}
          actions={
            <SelectField
              label={t`Show`}
              value={isOpenOnly ? "open" : ""}
              onChange={(show) => setParams({ ...FIRST_PAGE, show })}
              options={[
                { value: "", label: t`All` },
                { value: "open", label: t`With payouts to be recorded` },
              ]}
            />
          }
        >
          {files?.nodes.length === 0 && !isLoading ? (
            <EmptyState>{isOpenOnly ? t`No payment files match these filters.` : t`No payment files yet.`}</EmptyState>
          ) : (
            <Table
              caption={t`Payment files`}
              columns={columns}
              rows={files?.nodes}
              isLoading={isLoading}
              onRowClick={({ id }) => void navigate(`/staff/payouts/files/${id}`)}
              rowTestId="payment-file"
            />
          )}
          {files && <Pagination noun="payment file" totalCount={files.totalCount} pageInfo={files.pageInfo} files={files} />}
        </Section>
      )}
    </>
  );
}

function useColumns(): readonly Column<PaymentFileRowFragment>[] {
  const { calendar } = useSession();
  return [
    {
      header: t`Created`,
      isCompact: true,
      cell: ({ id, createdAt }) => <Link to={`/staff/payouts/files/${id}`}>{calendar.formatDateTime(createdAt)}</Link>,
    },
    { header: t`Format`, isCompact: true, cell: ({ format }) => paymentFileFormatLabel(format) },
    { header: t`Day of the payment`, isCompact: true, cell: ({ executionDate }) => formatDay(executionDate, formatLocale()) },
    {
      header: t`Payouts`,
      isNumber: true,
      cell: ({ payoutCount }) => plural(payoutCount, { one: "# payout", other: "# payouts" }),
    },
    { header: t`Amount`, isNumber: true, cell: ({ totalAmount }) => <Amount value={totalAmount} /> },
    { header: t`Status`, isCompact: true, cell: (file) => <StatusBadge {...paymentFileStateLabel(file)} /> },
    { header: t`By`, cell: ({ createdBy }) => <bdi>{createdBy}</bdi> },
  ];
}
