import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useApiMutation, useLiveQuery } from "../api";
import { ErrorAlert, UserErrorsAlert } from "../components/alert";
import { Breadcrumbs } from "../components/breadcrumbs";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { useToast } from "../components/toasts";
import type { ErrorWords } from "../format/server-words";
import { TestWebhookEndpointDocument, type WebhookEndpointRowFragment, WebhooksDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { DeliveryLog } from "./delivery-log";
import { SecretDialog } from "./secret-dialog";
import { SettingsNav } from "./settings-nav";
import {
  DeleteEndpointDialog, EditEndpointDialog, EnableEndpointDialog, ReplaySinceDialog, RotateSecretDialog,
} from "./webhook-dialogs";
import { endpointLabel, eventTypeName } from "./webhook-labels";

const SECONDS = 10;

type OpenDialog =
  | { readonly kind: "edit" | "enable" | "rotate" | "delete" | "replay" }
  | { readonly kind: "secret"; readonly secret: string };

/** A webhook: its properties, all that can be changed about it, and the log of its deliveries. */
export function WebhookPage() {
  useDocumentTitle(t`Webhook`);
  const { id = "" } = useParams();
  const { viewer } = useSession();
  const { data, error, refetch, asOf } = useLiveQuery(WebhooksDocument, {}, SECONDS);
  const endpoint = data?.webhookEndpoints.find((found) => found.id === id);
  return (
    <>
      <SettingsNav />
      <Breadcrumbs items={[{ name: t`Webhooks`, to: "/staff/settings/webhooks" }, { name: t`Webhook` }]} />
      {data && !endpoint ? (
        <PageHeader title={t`Webhook not found`} lead={t`It was deleted, or there never was one.`} />
      ) : (
        <PageHeader title={t`Webhook`} asOf={asOf} lead={endpoint && <bdi>{endpoint.url}</bdi>} />
      )}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!data && !error && <Skeleton width="long" />}
      {endpoint && <Endpoint endpoint={endpoint} canManage={viewer.role === "admin"} onChange={refetch} />}
    </>
  );
}

interface EndpointProps {
  readonly endpoint: WebhookEndpointRowFragment;
  readonly canManage: boolean;
  readonly onChange: () => void;
}

function Endpoint({ endpoint, canManage, onChange }: EndpointProps) {
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  // Changes when something was sent, so that the log is read again.
  const [sendCount, setSendCount] = useState(0);
  const showToast = useToast();
  const navigate = useNavigate();
  const close = () => setDialog(null);
  const handleSuccess = (message: string) => {
    close();
    showToast(message);
    onChange();
    setSendCount((count) => count + 1);
  };
  const handleSecret = (secret: string) => {
    onChange();
    setDialog({ kind: "secret", secret });
  };
  return (
    <>
      <Section
        title={t`Properties`}
        actions={
          canManage && (
            <>
              <DialogButton onOpen={() => setDialog({ kind: "edit" })}><Trans>Edit…</Trans></DialogButton>
              <DialogButton onOpen={() => setDialog({ kind: "rotate" })}><Trans>New secret…</Trans></DialogButton>
              <DialogButton onOpen={() => setDialog({ kind: "enable" })}>
                {endpoint.status === "ENABLED" ? t`Disable…` : t`Enable…`}
              </DialogButton>
              <DialogButton onOpen={() => setDialog({ kind: "delete" })}><Trans>Delete…</Trans></DialogButton>
            </>
          )
        }
      >
        <Properties endpoint={endpoint} />
      </Section>
      <Section
        title={t`Deliveries`}
        lead={t`Latest first. What the receiver answered is not kept, except for its status code. Kept for 90 days.`}
        actions={
          canManage && (
            <>
              <TestButton endpoint={endpoint} onSuccess={handleSuccess} />
              {endpoint.status === "ENABLED" && (
                <DialogButton onOpen={() => setDialog({ kind: "replay" })}><Trans>Send missed events…</Trans></DialogButton>
              )}
            </>
          )
        }
      >
        <DeliveryLog endpoint={endpoint} canReplay={canManage && endpoint.status === "ENABLED"} sendCount={sendCount} />
      </Section>
      {dialog?.kind === "edit" && <EditEndpointDialog endpoint={endpoint} onClose={close} onSuccess={handleSuccess} />}
      {dialog?.kind === "enable" && <EnableEndpointDialog endpoint={endpoint} onClose={close} onSuccess={handleSuccess} />}
      {dialog?.kind === "replay" && <ReplaySinceDialog endpoint={endpoint} onClose={close} onSuccess={handleSuccess} />}
      {dialog?.kind === "rotate" && <RotateSecretDialog endpoint={endpoint} onClose={close} onSuccess={handleSecret} />}
      {dialog?.kind === "delete" && (
        <DeleteEndpointDialog
          endpoint={endpoint}
          onClose={close}
          onSuccess={(message) => {
            showToast(message);
            onChange();
            void navigate("/staff/settings/webhooks");
          }}
        />
      )}
      {dialog?.kind === "secret" && (
        <SecretDialog title={t`Copy the new secret now`} secret={dialog.secret} onClose={close}>
          <Trans>It cannot be shown again. Give it to the receiver before the present one ends.</Trans>
        </SecretDialog>
      )}
    </>
  );
}

interface DialogButtonProps {
  readonly onOpen: () => void;
  readonly children: ReactNode;
}

function DialogButton({ onOpen, children }: DialogButtonProps) {
  return (
    <button className="button" type="button" onClick={onOpen}>
      {children}
    </button>
  );
}

interface TestProps {
  readonly endpoint: WebhookEndpointRowFragment;
  readonly onSuccess: (message: string) => void;
}

/** Sends a test event, which needs no confirmation: the receiver knows it by its type. */
function TestButton({ endpoint, onSuccess }: TestProps) {
  const test = useApiMutation(TestWebhookEndpointDocument);
  const [isSending, setIsSending] = useState(false);
  const [errors, setErrors] = useState<readonly ErrorWords[]>([]);
  const send = async () => {
    setIsSending(true);
    const result = await test({ input: { id: endpoint.id } });
    setIsSending(false);
    const errors = "error" in result ? [{ language: undefined, ...result.error }] : result.userErrors;
    setErrors(errors);
    if (errors.length === 0) onSuccess(t`A test event is being sent.`);
  };
  return (
    <>
      <button className="button" type="button" aria-disabled={isSending} onClick={() => void (isSending || send())}>
        <Trans>Send a test</Trans>
      </button>
      <UserErrorsAlert errors={errors} />
    </>
  );
}

function Properties({ endpoint }: { readonly endpoint: WebhookEndpointRowFragment }) {
  const { calendar } = useSession();
  const { description, eventTypes, failingSince, failureCount, disabledAt, disabledReason, previousSecretUntil } = endpoint;
  const hasTwoSecrets = previousSecretUntil !== null && new Date(previousSecretUntil) > new Date();
  return (
    <DescriptionList>
      {description && (
        <DescriptionItem term={t`Description`}>
          <bdi>{description}</bdi>
        </DescriptionItem>
      )}
      <DescriptionItem term={t`Status`}>
        <StatusBadge {...endpointLabel(endpoint)} />
        {disabledAt && (
          <>
            {" "}
            {t`since ${calendar.formatDateTime(disabledAt)}`}
            {disabledReason && (
              <>
                : <span lang="en">{disabledReason}</span>
              </>
            )}
          </>
        )}
      </DescriptionItem>
      {failingSince && (
        <DescriptionItem term={t`Failures`}>
          {plural(failureCount, {
            one: `# attempt since ${calendar.formatDateTime(failingSince)}`,
            other: `# attempts since ${calendar.formatDateTime(failingSince)}`,
          })}
        </DescriptionItem>
      )}
      <DescriptionItem term={t`Events`}>{eventTypes.map(eventTypeName).join(", ")}</DescriptionItem>
      <DescriptionItem term={t`Secret`}>
        {hasTwoSecrets
          ? t`the new one, and the one before until ${calendar.formatDateTime(previousSecretUntil)}`
          : t`shown once, when it was made`}
      </DescriptionItem>
      <DescriptionItem term={t`Version of the bodies`}>{endpoint.payloadVersion}</DescriptionItem>
      <DescriptionItem term={t`Created`}>{calendar.formatDateTime(endpoint.createdAt)}</DescriptionItem>
    </DescriptionList>
  );
}
