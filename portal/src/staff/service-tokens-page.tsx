import { useState } from "react";
import { type MutationResult, useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { Breadcrumbs } from "../components/breadcrumbs";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Dialog } from "../components/dialog";
import { EmptyState } from "../components/empty-state";
import { TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { enumLabel } from "../format/labels";
import { randomKey } from "../format/random-key";
import {
  CreateServiceTokenDocument, RevokeServiceTokenDocument, type ServiceTokenRowFragment, ServiceTokensDocument,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import css from "./service-tokens.module.css";

type OpenDialog =
  | { readonly kind: "create" }
  | { readonly kind: "secret"; readonly name: string; readonly secret: string }
  | { readonly kind: "revoke"; readonly token: ServiceTokenRowFragment };

/** The tokens with which services call the API: created, copied once, and revoked by admins. */
export function ServiceTokensPage() {
  useDocumentTitle("Service tokens");
  const { viewer } = useSession();
  const isAdmin = viewer.role === "admin";
  const { data, error, isLoading, refetch } = useApiQuery(ServiceTokensDocument, {}, !isAdmin);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const showToast = useToast();
  const tokens = data?.serviceTokens;
  if (!isAdmin) return <PageHeader title="Service tokens" lead="Only admins see and manage service tokens." />;
  return (
    <>
      <Breadcrumbs items={[{ name: "Settings", to: "/staff/settings" }, { name: "Service tokens" }]} />
      <PageHeader
        title="Service tokens"
        lead="With a token, a service such as billing records invoices and refunds"
        actions={
          <button className="button-primary" type="button" onClick={() => setDialog({ kind: "create" })}>
            New token…
          </button>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section
          title="Tokens"
          lead="Two can be valid at a time, so that a token can be replaced without a pause: create the second, give it to the service, and revoke the first when it is no longer used."
        >
          {tokens?.length === 0 ? (
            <EmptyState>No service tokens yet.</EmptyState>
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
      {dialog?.kind === "secret" && <SecretDialog {...dialog} onClose={() => setDialog(null)} />}
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

interface TokensProps {
  readonly tokens: readonly ServiceTokenRowFragment[] | undefined;
  readonly isLoading: boolean;
  readonly onRevoke: (token: ServiceTokenRowFragment) => void;
}

function Tokens({ tokens, isLoading, onRevoke }: TokensProps) {
  const { calendar } = useSession();
  const time = (at: string | null) => (at ? calendar.formatDateTime(at) : <EmptyValue />);
  const columns: readonly Column<ServiceTokenRowFragment>[] = [
    { header: "Service", cell: ({ name }) => <bdi>{name}</bdi> },
    {
      header: "State",
      isCompact: true,
      cell: ({ state, revokedAt }) => (
        <>
          <StatusBadge label={state === "LIVE" ? "Valid" : enumLabel(state)} tone={state === "LIVE" ? "success" : "neutral"} />
          {revokedAt && <div className="muted">{calendar.formatDate(revokedAt)}</div>}
        </>
      ),
    },
    {
      header: "Created",
      cell: ({ createdAt, createdBy }) => (
        <>
          {calendar.formatDate(createdAt)}, by <bdi>{createdBy}</bdi>
        </>
      ),
    },
    { header: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt ? time(lastUsedAt) : "never") },
    { header: "Expires", cell: ({ expiresAt }) => (expiresAt ? time(expiresAt) : "when it is revoked") },
    {
      header: "Actions",
      isCompact: true,
      cell: (token) =>
        token.state === "LIVE" ? (
          <button
            className="button"
            type="button"
            aria-label={`Revoke the token of ${isolated(token.name)}…`}
            onClick={() => onRevoke(token)}
          >
            Revoke…
          </button>
        ) : (
          <EmptyValue />
        ),
    },
  ];
  return <Table caption="Service tokens" columns={columns} rows={tokens} isLoading={isLoading} rowTestId="service-token" />;
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
      title="New service token"
      confirmLabel="Create token"
      onClose={onClose}
      onConfirm={async (valueOf): Promise<MutationResult<{ readonly name: string; readonly secret: string }>> => {
        const day = valueOf("expiresAt");
        const expiresAt = calendar.startOfDay(day, 1);
        if (day && !expiresAt) return rejected("expiresAt", "Enter a day, or leave it empty");
        const name = valueOf("name");
        const result = await create({ input: { name, idempotencyKey, ...(expiresAt && { expiresAt }) } });
        if ("error" in result) return result;
        const { serviceToken, secret } = result.payload;
        const wasLost = serviceToken && !secret;
        if (wasLost) return rejected("name", "The token was created, but its answer was lost. Revoke it, and create another one.");
        return { payload: { name, secret: secret ?? "" }, userErrors: result.userErrors };
      }}
      onSuccess={({ name, secret }) => onSuccess(name, secret)}
    >
      {(errorOf) => (
        <>
          <p>Whoever has the token can record invoices and refunds. It is shown once, after it was created.</p>
          <TextField
            label="Service"
            name="name"
            required
            maxLength={255}
            autoComplete="off"
            placeholder="billing"
            hint="Histories and the audit trail show it as who did something"
            error={errorOf("name")}
          />
          <TextField
            label="Valid until the end of"
            name="expiresAt"
            type="date"
            hint="Empty: until it is revoked"
            error={errorOf("expiresAt")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

interface SecretProps {
  readonly name: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** Shows a new token once. */
function SecretDialog({ name, secret, onClose }: SecretProps) {
  const [isCopied, setIsCopied] = useState(false);
  // Pages that are served without TLS have no clipboard: the text can be selected and copied by hand.
  const copy = () => void navigator.clipboard?.writeText(secret).then(() => setIsCopied(true));
  return (
    <Dialog title="Copy the token now" variant="modal" onClose={onClose}>
      <div className="stack">
        <p>
          The token of {isolated(name)} cannot be shown again. Store it with the secrets of the service, which sends it as{" "}
          <code>Authorization: Bearer …</code>.
        </p>
        <code className={css.secret} data-testid="secret" tabIndex={0}>
          {secret}
        </code>
        <div className="buttons">
          <button className="button-primary" type="button" onClick={copy}>
            {isCopied ? "Copied" : "Copy"}
          </button>
          <button className="button" type="button" onClick={onClose}>
            Close
          </button>
        </div>
        <p role="status" className="visually-hidden">
          {isCopied && "Copied"}
        </p>
      </div>
    </Dialog>
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
      title={`Revoke the token of ${name}?`}
      confirmLabel="Revoke token"
      onClose={onClose}
      onConfirm={() => revoke({ input: { id: token.id } })}
      onSuccess={() => onSuccess(`The token of ${name} was revoked.`)}
    >
      <p>
        {token.lastUsedAt ? `Last used ${calendar.formatDateTime(token.lastUsedAt)}.` : "It was never used."} A service that
        still uses it is rejected from the next request on. You cannot undo this.
      </p>
    </ConfirmDialog>
  );
}
