import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { type WebhookEndpointRowFragment, WebhooksDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { SecretDialog } from "./secret-dialog";
import { SettingsNav } from "./settings-nav";
import { CreateEndpointDialog } from "./webhook-dialogs";
import { endpointLabel, EVENT_TYPES } from "./webhook-labels";

const SECONDS = 30;

type OpenDialog = { readonly kind: "create" } | { readonly kind: "secret"; readonly secret: string };

/** The webhooks: URLs of other systems that events are sent to. All staff see them, admins change them. */
export function WebhooksPage() {
  useDocumentTitle(t`Webhooks`);
  const { viewer } = useSession();
  const { data, error, isLoading, refetch, asOf } = useLiveQuery(WebhooksDocument, {}, SECONDS);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const endpoints = data?.webhookEndpoints;
  const columns = useColumns();
  return (
    <>
      <SettingsNav />
      <PageHeader
        title={t`Webhooks`}
        asOf={asOf}
        lead={t`Other systems receive events as they happen`}
        actions={
          viewer.role === "admin" && (
            <button className="button-primary" type="button" onClick={() => setDialog({ kind: "create" })}>
              <Trans>New webhook…</Trans>
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title={t`All webhooks`} lead={t`At most 20. One that fails for five days is disabled.`}>
          {endpoints?.length === 0 ? (
            <EmptyState><Trans>No webhooks yet.</Trans></EmptyState>
          ) : (
            <Table caption={t`Webhooks`} columns={columns} rows={endpoints} isLoading={isLoading} rowTestId="webhook" />
          )}
        </Section>
      )}
      {dialog?.kind === "create" && (
        <CreateEndpointDialog
          onClose={() => setDialog(null)}
          onSuccess={(secret) => {
            refetch();
            setDialog({ kind: "secret", secret });
          }}
        />
      )}
      {dialog?.kind === "secret" && (
        <SecretDialog title={t`Copy the secret now`} secret={dialog.secret} onClose={() => setDialog(null)}>
          <Trans>
            It cannot be shown again. Give it to the receiver, which verifies with it that requests are from here. Then open the
            webhook in the list, and send a test.
          </Trans>
        </SecretDialog>
      )}
    </>
  );
}

function useColumns(): readonly Column<WebhookEndpointRowFragment>[] {
  const { calendar } = useSession();
  return [
    {
      header: "URL",
      cell: ({ id, url, description }) => (
        <>
          <Link to={`/staff/settings/webhooks/${id}`}>
            <bdi>{url}</bdi>
          </Link>
          {description && (
            <div className="muted">
              <bdi>{description}</bdi>
            </div>
          )}
        </>
      ),
    },
    {
      header: t`Status`,
      isCompact: true,
      cell: (endpoint) => {
        const since = endpoint.disabledAt ?? endpoint.failingSince;
        return (
          <>
            <StatusBadge {...endpointLabel(endpoint)} />
            {since && <div className="muted">{t`since ${calendar.formatDate(since)}`}</div>}
          </>
        );
      },
    },
    {
      header: t`Events`,
      cell: ({ eventTypes }) => (eventTypes.length === EVENT_TYPES.length ? t`all` : t`${eventTypes.length} of ${EVENT_TYPES.length}`),
    },
    { header: t`Created`, isCompact: true, cell: ({ createdAt }) => calendar.formatDate(createdAt) },
  ];
}
