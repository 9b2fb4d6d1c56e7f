import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { Breadcrumbs } from "../components/breadcrumbs";
import { Copyable } from "../components/copy-button";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { ExactTime } from "../components/timestamp";
import { useToast } from "../components/toasts";
import { attemptStatusLabel } from "../format/labels";
import { formatMoney } from "../format/money";
import { PaymentFilePageDocument, type PaymentFilePageQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useOpenItem } from "../hooks/url-state";
import { formatLocale } from "../language";
import { useCanManageCommissions } from "../sign-in/session";
import { PaymentFileDownload } from "./payment-file-download";
import { SettleFileDialog, WithdrawFileDialog } from "./payment-file-dialogs";
import { formatDay, paymentFileFormatLabel, paymentFileStateLabel } from "./payment-file-labels";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";

export type PaymentFileDetail = NonNullable<PaymentFilePageQuery["paymentFile"]>;
type Attempt = PaymentFileDetail["attempts"][number];

/** A payment file: its download, its payouts, and what the bank has done. */
export function PaymentFilePage() {
  useDocumentTitle(t`Payment file`);
  const { id = "" } = useParams();
  const { data, error, refetch, asOf } = useLiveQuery(PaymentFilePageDocument, { id }, 30);
  const showToast = useToast();
  const file = data?.paymentFile;
  return (
    <>
      <Breadcrumbs
        items={[
          { name: t`Payouts`, to: "/staff/payouts" },
          { name: t`Payment files`, to: "/staff/payouts/files" },
          { name: file?.messageId ?? t`Payment file` },
        ]}
      />
      {data && !file ? (
        <PageHeader title={t`Payment file not found`} lead={t`There is no such payment file.`} />
      ) : (
        <PageHeader
          title={t`Payment file`}
          asOf={asOf}
          lead={file && t`${formatMoney(file.totalAmount)}, to be paid on ${formatDay(file.executionDate, formatLocale())}`}
        />
      )}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton width="long" />}
      {file && <File file={file} onChange={refetch} />}
      <StaffPayoutDialog
        onSuccess={(message) => {
          showToast(message);
          refetch();
        }}
      />
      <StaffCommissionDialog onSuccess={showToast} />
    </>
  );
}

function File({ file, onChange }: { readonly file: PaymentFileDetail; readonly onChange: () => void }) {
  const canManage = useCanManageCommissions();
  const [dialog, setDialog] = useState<"settle" | "withdraw" | null>(null);
  const showToast = useToast();
  const canSettle = canManage && file.downloadedAt !== null && file.openPayoutCount > 0;
  const canWithdraw = canManage && file.downloadedAt === null && file.withdrawnAt === null;
  const handlers = {
    file,
    onClose: () => setDialog(null),
    onSuccess: (message: string) => {
      setDialog(null);
      showToast(message);
      onChange();
    },
  };
  return (
    <>
      <Section
        title={t`File`}
        actions={
          <>
            <PaymentFileDownload file={file} isPrimary={file.downloadedAt === null} onDownload={onChange} />
            {canSettle && (
              <button className="button-primary" type="button" onClick={() => setDialog("settle")}>
                <Trans>The bank has paid…</Trans>
              </button>
            )}
            {canWithdraw && (
              <button className="button" type="button" onClick={() => setDialog("withdraw")}>
                <Trans>Withdraw…</Trans>
              </button>
            )}
          </>
        }
      >
        <div className="stack">
          <p>{nextStep(file)}</p>
          <Properties file={file} />
        </div>
      </Section>
      <Section title={t`Payouts in the file`} lead={t`In the order of the file. Open one to record what the bank has done with it alone.`}>
        <Attempts attempts={file.attempts} />
      </Section>
      {dialog === "settle" && <SettleFileDialog {...handlers} onChange={onChange} />}
      {dialog === "withdraw" && <WithdrawFileDialog {...handlers} />}
    </>
  );
}

/** What is to be done with a file, in a sentence. */
function nextStep({ withdrawnAt, downloadedAt, openPayoutCount }: PaymentFileDetail): string {
  if (withdrawnAt) return t`The file was withdrawn: it must not be given to a bank, and its payouts are ready again.`;
  if (!downloadedAt) return t`Download the file, and give it to your bank. As long as it was not downloaded, it can be withdrawn.`;
  if (openPayoutCount > 0) return t`The bank may have the file. Record what it has done once it has paid.`;
  return t`What the bank has done is recorded for all payouts of the file.`;
}

function Properties({ file }: { readonly file: PaymentFileDetail }) {
  const { format, messageId, sha256, createdAt, createdBy, downloadedAt, downloadedBy, withdrawnAt } = file;
  return (
    <DescriptionList>
      <DescriptionItem term={t`Status`}>
        <StatusBadge {...paymentFileStateLabel(file)} />
      </DescriptionItem>
      <DescriptionItem term={t`Format`}>{paymentFileFormatLabel(format)}</DescriptionItem>
      <DescriptionItem term={t`Id at the bank`}>
        <Copyable value={messageId} copyLabel={t`Copy id at the bank`} />
      </DescriptionItem>
      <DescriptionItem term={t`Created`}>
        <Trans>
          <ExactTime at={createdAt} />, by <bdi>{createdBy}</bdi>
        </Trans>
      </DescriptionItem>
      {downloadedAt && (
        <DescriptionItem term={t`First downloaded`}>
          <Trans>
            <ExactTime at={downloadedAt} />, by <bdi>{downloadedBy}</bdi>
          </Trans>
        </DescriptionItem>
      )}
      {withdrawnAt && (
        <DescriptionItem term={t`Withdrawn`}>
          <ExactTime at={withdrawnAt} />
        </DescriptionItem>
      )}
      <DescriptionItem term={t`SHA-256 of the file`}>
        <Copyable value={sha256} copyLabel={t`Copy the SHA-256 of the file`} />
      </DescriptionItem>
    </DescriptionList>
  );
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  const { linkTo } = useOpenItem("payout");
  const columns: readonly Column<Attempt>[] = [
    {
      header: t`Partner`,
      cell: ({ payout }) => (
        <Link {...linkTo(payout.id)}>
          <bdi>{payout.partner.companyName}</bdi>
        </Link>
      ),
    },
    { header: t`To account`, isCompact: true, cell: ({ destination }) => <bdi dir="ltr">{destination}</bdi> },
    { header: t`Amount`, isNumber: true, cell: ({ amount }) => <Amount value={amount} /> },
    { header: t`Status`, isCompact: true, cell: ({ status }) => <StatusBadge {...attemptStatusLabel(status)} /> },
    {
      header: t`Payment reference`,
      cell: ({ payout }) => (payout.paymentReference ? <bdi>{payout.paymentReference}</bdi> : <EmptyValue />),
    },
  ];
  return <Table caption={t`Payouts in the file`} columns={columns} rows={attempts} isLoading={false} rowTestId="file-attempt" />;
}
