import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { Dialog } from "../components/dialog";
import { EmptyState } from "../components/empty-state";
import { FieldRow, SelectField, StatusFilter, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { ExactTime } from "../components/timestamp";
import { MAIL_STATUSES, mailStatusLabel, NOTIFICATION_KINDS, notificationKindLabel } from "../format/labels";
import { type MailFilter, type MailRowFragment, MailsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, useOpenItem, usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import css from "./mails-page.module.css";
import { SettingsNav } from "./settings-nav";

function parseFilter(params: URLSearchParams): MailFilter {
  const status = MAIL_STATUSES.find((status) => status === params.get("status"));
  const kind = NOTIFICATION_KINDS.find((kind) => kind === params.get("kind"));
  const address = params.get("address") ?? "";
  // A part of an address is refused; until it is complete, it is not sent.
  const isComplete = /^\S+@\S+\.\S+$/.test(address);
  return { ...(status && { status: [status] }), ...(kind && { kind: [kind] }), ...(isComplete && { address }) };
}

/** The mails of the tenant: what was sent to whom, and what became of it. */
export function MailsPage() {
  useDocumentTitle(t`Mails`);
  const { params } = useUrlState();
  const filter = parseFilter(params);
  const { data, error, isLoading, refetch } = useApiQuery(MailsDocument, { filter, ...usePageArgs(50) });
  const { id, open, close, linkTo } = useOpenItem("mail");
  const mail = data?.mails.nodes.find((mail) => mail.id === id);
  const columns = useColumns(linkTo);
  return (
    <>
      <SettingsNav />
      <PageHeader title={t`Mails`} lead={t`What was sent to partner users and to your contact. Kept for 90 days.`} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title={t`Mails`} lead={t`Latest first`}>
          <div className="stack">
            <Filter />
            {data?.mails.nodes.length === 0 && !isLoading ? (
              <EmptyState><Trans>No such mails.</Trans></EmptyState>
            ) : (
              <Table
                caption={t`Mails`}
                columns={columns}
                rows={data?.mails.nodes}
                isLoading={isLoading}
                onRowClick={({ id }) => open(id)}
                rowTestId="mail"
              />
            )}
            {data && (
              <Pagination
                noun="mail"
                totalCount={data.mails.totalCount}
                pageInfo={data.mails.pageInfo}
                files={data.mails}
              />
            )}
          </div>
        </Section>
      )}
      {mail && <MailDialog mail={mail} onClose={close} />}
    </>
  );
}

function Filter() {
  const { params, setParams } = useUrlState();
  return (
    <form role="search" aria-label={t`Mails`} onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <StatusFilter statuses={MAIL_STATUSES} labelOf={mailStatusLabel} />
        <SelectField
          label={t`Kind`}
          value={NOTIFICATION_KINDS.find((kind) => kind === params.get("kind")) ?? ""}
          onChange={(kind) => setParams({ ...FIRST_PAGE, kind })}
          options={[{ value: "", label: t`All` }, ...NOTIFICATION_KINDS.map((value) => ({ value, label: notificationKindLabel(value) }))]}
        />
        <TextField
          label={t({ message: "Address", context: "mail" })}
          type="search"
          dir="ltr"
          autoComplete="off"
          defaultValue={params.get("address") ?? ""}
          onChange={({ target }) => setParams({ ...FIRST_PAGE, address: target.value.trim() })}
        />
      </FieldRow>
    </form>
  );
}

function useColumns(linkTo: ReturnType<typeof useOpenItem>["linkTo"]): readonly Column<MailRowFragment>[] {
  const { calendar } = useSession();
  return [
    { header: t`Written`, isCompact: true, cell: ({ createdAt }) => calendar.formatDateTime(createdAt) },
    {
      header: t`Subject`,
      cell: ({ id, subject, kind }) => (
        <>
          <Link {...linkTo(id)}>{subject ? <span lang="en">{subject}</span> : notificationKindLabel(kind)}</Link>
          <div className="muted">{notificationKindLabel(kind)}</div>
        </>
      ),
    },
    { header: t({ message: "To", context: "mail" }), cell: ({ address }) => <bdi>{address}</bdi> },
    { header: t`Status`, isCompact: true, cell: ({ status }) => <StatusBadge {...mailStatusLabel(status)} /> },
    {
      header: t({ message: "Sent", context: "mail" }),
      isCompact: true,
      cell: ({ sentAt, code }) => (sentAt ? calendar.formatDateTime(sentAt) : code ? t`code ${code}` : <EmptyValue />),
    },
  ];
}

/** One mail, as its recipient reads it, and what became of it. */
function MailDialog({ mail, onClose }: { readonly mail: MailRowFragment; readonly onClose: () => void }) {
  const { kind, address, subject, text, status, attempts, code, lastError, createdAt, attemptedAt, sentAt } = mail;
  return (
    <Dialog title={subject ?? notificationKindLabel(kind)} variant="drawer" onClose={onClose}>
      <div className="stack">
        <DescriptionList>
          <DescriptionItem term={t({ message: "To", context: "mail" })}>
            <bdi>{address}</bdi>
          </DescriptionItem>
          <DescriptionItem term={t`Kind`}>{notificationKindLabel(kind)}</DescriptionItem>
          <DescriptionItem term={t`Status`}>
            <StatusBadge {...mailStatusLabel(status)} />
          </DescriptionItem>
          <DescriptionItem term={t`Written`}>
            <ExactTime at={createdAt} />
          </DescriptionItem>
          {sentAt && (
            <DescriptionItem term={t({ message: "Sent", context: "mail" })}>
              <ExactTime at={sentAt} />
            </DescriptionItem>
          )}
          {attemptedAt && !sentAt && (
            <DescriptionItem term={t`Last attempt`}>
              <ExactTime at={attemptedAt} />
            </DescriptionItem>
          )}
          <DescriptionItem term={t`Attempts`}>{attempts}</DescriptionItem>
          {lastError && (
            <DescriptionItem term={t`Last error`}>
              <span lang="en">{lastError}</span>
              {code !== null && <div className="muted">{t`SMTP code ${code}`}</div>}
            </DescriptionItem>
          )}
        </DescriptionList>
        {text === null ? (
          <EmptyState>
            <Trans>No text: the mail was not attempted yet, or its recipient was erased.</Trans>
          </EmptyState>
        ) : (
          <pre className={css.text} dir="auto" tabIndex={0} aria-label={t`Text of the mail`}>
            {text}
          </pre>
        )}
      </div>
    </Dialog>
  );
}
