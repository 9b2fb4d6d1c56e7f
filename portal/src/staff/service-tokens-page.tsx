import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { type MutationResult, useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { ConfirmDialog } from "../components/confirm-dialog";
import { EmptyState } from "../components/empty-state";
import { TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { randomKey } from "../format/random-key";
import {
  CreateServiceTokenDocument, RevokeServiceTokenDocument, type ServiceTokenRowFragment, ServiceTokensDocument,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { SecretDialog } from "./secret-dialog";
import { SettingsNav } from "./settings-nav";

type OpenDialog =
  | { readonly kind: "create" }
  | { readonly kind: "secret"; readonly name: string; readonly secret: string }
  | { readonly kind: "revoke"; readonly token: ServiceTokenRowFragment };

/** The tokens with which services call the API: created, copied once, and revoked by admins. */
export function ServiceTokensPage() {
  useDocumentTitle(t`Service tokens`);
  const { viewer } = useSession();
  const isAdmin = viewer.role === "admin";
  const { data, error, isLoading, refetch } = useApiQuery(ServiceTokensDocument, {}, !isAdmin);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const showToast = useToast();
  const tokens = data?.serviceTokens;
  if (!isAdmin) return <PageHeader title={t`Service tokens`} lead={t`Only admins see and manage service tokens.`} />;
  return (
    <>
      <SettingsNav />
      <PageHeader
        title={t`Service tokens`}
        lead={t`With a token, a service such as billing records invoices and refunds`}
        actions={
          <button className="button-primary" type="button" onClick={() => setDialog({ kind: "create" })}>
            <Trans>New token…</Trans>
          </button>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title={t`Tokens`}
          lead={t`Two can be valid at a time, so that a token can be replaced without a pause: create the second, give it to the service, and revoke the first when it is no longer used.`}
        >
          {tokens?.length === 0 ? (
            <EmptyState><Trans>No service tokens yet.</Trans></EmptyState>
          ) : (
            <Tokens tokens={tokens} isLoading={isLoading} onRevoke={(token) => setDialog({ kind: "revoke", token })} />
          )}
        </Section>
      )}
      {dialog?.kind === "create" && (
        <CreateDialog
          onClose={() => setDialog(null)}
          onSuccess={(name, secret) => {
            refetch();
            setDialog({ kind: "secret", name, secret });
          }}
        />
      )}
      {dialog?.kind === "secret" && (
        <SecretDialog title={t`Copy the token now`} secret={dialog.secret} onClose={() => setDialog(null)}>
          <Trans>
            The token of {isolated(dialog.name)} cannot be shown again. Store it with the secrets of the service, which sends it
            as <code>Authorization: Bearer …</code>.
          </Trans>
        </SecretDialog>
      )}
      {dialog?.kind === "revoke" && (
        <RevokeDialog
          token={dialog.token}
          onClose={() => setDialog(null)}
          onSuccess={(message) => {
            setDialog(null);
            showToast(message);
            refetch();
          }}
        />
      )}
    </>
  );
}

const STATE_LABELS: Readonly<Record<ServiceTokenRowFragment["state"], string>> = {
  LIVE: t`Valid`,
  EXPIRED: t`Expired`,
  REVOKED: t`Revoked`,
};

interface TokensProps {
  readonly tokens: readonly ServiceTokenRowFragment[] | undefined;
  readonly isLoading: boolean;
  readonly onRevoke: (token: ServiceTokenRowFragment) => void;
}

function Tokens({ tokens, isLoading, onRevoke }: TokensProps) {
  const { calendar } = useSession();
  const time = (at: string | null) => (at ? calendar.formatDateTime(at) : <EmptyValue />);
  const columns: readonly Column<ServiceTokenRowFragment>[] = [
    { header: t`Service`, cell: ({ name }) => <bdi>{name}</bdi> },
    {
      header: t`State`,
      isCompact: true,
      cell: ({ state, revokedAt }) => (
        <>
          <StatusBadge label={STATE_LABELS[state]} tone={state === "LIVE" ? "success" : "neutral"} />
          {revokedAt && <div className="muted">{calendar.formatDate(revokedAt)}</div>}
        </>
      ),
    },
    {
      header: t`Created`,
      cell: ({ createdAt, createdBy }) => (
        <>
          <Trans>
            {calendar.formatDate(createdAt)}, by <bdi>{createdBy}</bdi>
          </Trans>
        </>
      ),
    },
    { header: t`Last used`, cell: ({ lastUsedAt }) => (lastUsedAt ? time(lastUsedAt) : t`never`) },
    { header: t`Expires`, cell: ({ expiresAt }) => (expiresAt ? time(expiresAt) : t`when it is revoked`) },
    {
      header: t`Actions`,
      isCompact: true,
      cell: (token) =>
        token.state === "LIVE" ? (
          <button
            className="button"
            type="button"
            aria-label={t`Revoke the token of ${isolated(token.name)}…`}
            onClick={() => onRevoke(token)}
          >
            <Trans>Revoke…</Trans>
          </button>
        ) : (
          <EmptyValue />
        ),
    },
  ];
  return <Table caption={t`Service tokens`} columns={columns} rows={tokens} isLoading={isLoading} rowTestId="service-token" />;
}

interface CreateProps {
  readonly onClose: () => void;
  readonly onSuccess: (name: string, secret: string) => void;
}

function CreateDialog({ onClose, onSuccess }: CreateProps) {
  const { calendar } = useSession();
  const create = useApiMutation(CreateServiceTokenDocument);
  // One for the dialog: an answer that was lost cannot create a second token.
  const [idempotencyKey] = useState(randomKey);
  return (
    <ConfirmDialog
      title={t`New service token`}
      confirmLabel={t`Create token`}
      onClose={onClose}
      onConfirm={async (valueOf): Promise<MutationResult<{ readonly name: string; readonly secret: string }>> => {
        const day = valueOf("expiresAt");
        const expiresAt = calendar.startOfDay(day, 1);
        if (day && !expiresAt) return rejected("expiresAt", t`Enter a day, or leave it empty`);
        const name = valueOf("name");
        const result = await create({ input: { name, idempotencyKey, ...(expiresAt && { expiresAt }) } });
        if ("error" in result) return result;
        const { serviceToken, secret } = result.payload;
        const wasLost = serviceToken && !secret;
        if (wasLost) return rejected("name", t`The token was created, but its answer was lost. Revoke it, and create another one.`);
        return { payload: { name, secret: secret ?? "" }, userErrors: result.userErrors };
      }}
      onSuccess={({ name, secret }) => onSuccess(name, secret)}
    >
      {(errorOf) => (
        <>
          <p><Trans>Whoever has the token can record invoices and refunds. It is shown once, after it was created.</Trans></p>
          <TextField
            label={t`Service`}
            name="name"
            required
            maxLength={255}
            autoComplete="off"
            placeholder={t`billing`}
            hint={t`Histories and the audit trail show it as who did something`}
            error={errorOf("name")}
          />
          <TextField
            label={t`Valid until the end of`}
            name="expiresAt"
            type="date"
            hint={t`Empty: until it is revoked`}
            error={errorOf("expiresAt")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

interface RevokeProps {
  readonly token: ServiceTokenRowFragment;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

function RevokeDialog({ token, onClose, onSuccess }: RevokeProps) {
  const { calendar } = useSession();
  const revoke = useApiMutation(RevokeServiceTokenDocument);
  const name = isolated(token.name);
  return (
    <ConfirmDialog
      title={t`Revoke the token of ${name}?`}
      confirmLabel={t`Revoke token`}
      onClose={onClose}
      onConfirm={() => revoke({ input: { id: token.id } })}
      onSuccess={() => onSuccess(t`The token of ${name} was revoked.`)}
    >
      <p>
        {token.lastUsedAt ? t`Last used ${calendar.formatDateTime(token.lastUsedAt)}.` : t`It was never used.`}{" "}
        <Trans>
          A service that
          still uses it is rejected from the next request on. You cannot undo this.
        </Trans>
      </p>
    </ConfirmDialog>
  );
}
