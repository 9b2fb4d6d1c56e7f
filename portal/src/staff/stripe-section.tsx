import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useApiMutation } from "../api";
import alertCss from "../components/alert.module.css";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Copyable } from "../components/copy-button";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { EmptyState } from "../components/empty-state";
import { TextField } from "../components/fields";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { ExactTime } from "../components/timestamp";
import { useToast } from "../components/toasts";
import { rejected } from "../format/input";
import { ConnectStripeDocument, UpdateStripeBillingDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { sendAgain } from "./repeated-act";
import { StripeMode } from "../components/stripe-mode";
import { type StripeState, useStripe } from "./stripe-state";

/* eslint-disable lingui/no-unlocalized-strings -- the names of others */
const STRIPE = "Stripe";
const ACCOUNT_EVENTS = "transfer.created, transfer.updated, transfer.reversed";
const BILLING_EVENTS = "invoice.paid, refund.created, refund.updated, refund.failed, credit_note.created, charge.dispute.closed";
const BILLING = "Stripe Billing";
const CONNECT_EVENTS = "account.updated, capability.updated, account.application.deauthorized";
/* eslint-enable lingui/no-unlocalized-strings */

/** The Stripe account that payouts are sent from. Admins connect it, other staff see it. */
export function StripeSection() {
  const { viewer } = useSession();
  const { stripe, error, refetch } = useStripe();
  const [isConnecting, setIsConnecting] = useState(false);
  const showToast = useToast();
  const isAdmin = viewer.role === "admin";
  return (
    <Section
      title={STRIPE}
      lead={t`Sends payouts to accounts of partners at Stripe. Others are paid by hand.`}
      actions={
        isAdmin &&
        stripe !== undefined && (
          <button className="button" type="button" onClick={() => setIsConnecting(true)}>
            {stripe ? t`Change the key…` : t`Connect Stripe…`}
          </button>
        )
      }
    >
      <div className="stack">
        {error && stripe === undefined && <ErrorAlert error={error} onRetry={refetch} />}
        {!error && stripe === undefined && <Skeleton width="long" />}
        {stripe === null && (
          <EmptyState>
            {isAdmin
              ? t`Not connected: payouts are paid by hand.`
              : t`Not connected: payouts are paid by hand. Admins connect it.`}
          </EmptyState>
        )}
        {stripe && <Connection stripe={stripe} isAdmin={isAdmin} />}
        {stripe && <Billing stripe={stripe} isAdmin={isAdmin} onChange={refetch} />}
        {(stripe || (stripe === null && isAdmin)) && <Webhooks />}
      </div>
      {isConnecting && (
        <ConnectDialog
          isConnected={Boolean(stripe)}
          onClose={() => setIsConnecting(false)}
          onSuccess={(account) => {
            setIsConnecting(false);
            showToast(t`Connected to the Stripe account ${account}.`);
            refetch();
          }}
        />
      )}
    </Section>
  );
}

function Connection({ stripe, isAdmin }: { readonly stripe: NonNullable<StripeState>; readonly isAdmin: boolean }) {
  const { account, isLive, connectedAt, brokenAt, brokenReason } = stripe;
  return (
    <>
      {brokenAt && (
        <div className={alertCss.error} role="alert">
          <p className={alertCss.title}><Trans>Stripe does not accept the key: nothing is sent</Trans></p>
          <p>
            <Trans>
              Since <ExactTime at={brokenAt} />. What is waiting to be sent goes on once there is a new key.
            </Trans>{" "}
            {isAdmin ? t`Create a key at Stripe, and enter it here.` : t`An admin has to enter a new key here.`}
          </p>
          {brokenReason && (
            <p lang="en" dir="ltr">
              {brokenReason}
            </p>
          )}
        </div>
      )}
      <DescriptionList>
        <DescriptionItem term={t`Account at Stripe`}>
          <Copyable value={account} copyLabel={t`Copy the account at Stripe`} />
        </DescriptionItem>
        <DescriptionItem term={t`Mode`}>
          <StripeMode isLive={isLive} />
        </DescriptionItem>
        <DescriptionItem term={t`Key entered`}>
          <ExactTime at={connectedAt} />
        </DescriptionItem>
      </DescriptionList>
      <p>
        <Trans>
          Each partner needs an account at Stripe. Partners open it in their portal under “Payout account”; finance can also open or
          link it on the page of a <Link to="/staff/partners">partner</Link>. Then send payouts from the list of{" "}
          <Link to="/staff/payouts?status=READY">payouts</Link>.
        </Trans>
      </p>
    </>
  );
}

/** The URL that Stripe sends events to, and which ones. */
function Webhooks() {
  const { viewer } = useSession();
  const url = `${window.location.origin}/webhooks/stripe/${encodeURIComponent(viewer.tenant.id)}`;
  return (
    <section className="stack" aria-label={t`Webhooks at Stripe`}>
      <p className="muted">
        <Trans>
          At Stripe, create two webhook endpoints with this URL, so that you see at once what has become of a payout. Each has a
          signing secret.
        </Trans>
      </p>
      <DescriptionList>
        <DescriptionItem term={t`URL for webhooks`}>
          <Copyable value={url} copyLabel={t`Copy the URL for webhooks`} />
        </DescriptionItem>
        <DescriptionItem term={t`Events of your account`}>
          <code dir="ltr">{ACCOUNT_EVENTS}</code>
        </DescriptionItem>
        <DescriptionItem term={t`For Stripe Billing`}>
          <code dir="ltr">{BILLING_EVENTS}</code>
        </DescriptionItem>
        <DescriptionItem term={t`Events of connected accounts`}>
          <code dir="ltr">{CONNECT_EVENTS}</code>
        </DescriptionItem>
      </DescriptionList>
      <p>
        <Link to="/staff/settings/inbox"><Trans>See the events that were received.</Trans></Link>
      </p>
    </section>
  );
}

interface BillingProps {
  readonly stripe: NonNullable<StripeState>;
  readonly isAdmin: boolean;
  readonly onChange: () => void;
}

/** Whether Stripe Billing is the billing service of the tenant: it reports paid invoices by itself. */
function Billing({ stripe, isAdmin, onChange }: BillingProps) {
  const { takesInvoices, customerMetadataKey } = stripe;
  const [isEditing, setIsEditing] = useState(false);
  const showToast = useToast();
  return (
    <section className="stack" aria-label={BILLING}>
      <h3>{BILLING}</h3>
      <DescriptionList>
        <DescriptionItem term={t`Paid invoices`}>
          {takesInvoices
            ? t`recorded as Stripe reports them, with their refunds, credit notes and lost disputes`
            : t`not taken from Stripe; your own billing service reports them`}
        </DescriptionItem>
        {takesInvoices && (
          <DescriptionItem term={t`Customer id`}>
            {customerMetadataKey === null ? (
              t`the id of the customer at Stripe, as in cus_1AbC`
            ) : (
              <Trans>
                the value of <code dir="ltr">{customerMetadataKey}</code> in the metadata of the invoice, or else of its subscription
              </Trans>
            )}
          </DescriptionItem>
        )}
      </DescriptionList>
      {isAdmin && (
        <div className="buttons">
          <button className="button" type="button" onClick={() => setIsEditing(true)}>
            <Trans>Change billing…</Trans>
          </button>
        </div>
      )}
      {isEditing && (
        <BillingDialog
          stripe={stripe}
          onClose={() => setIsEditing(false)}
          onSuccess={(takesInvoices) => {
            setIsEditing(false);
            showToast(
              takesInvoices ? t`Invoices that are paid at Stripe are recorded from now on.` : t`Invoices are no longer taken from Stripe.`,
            );
            onChange();
          }}
        />
      )}
    </section>
  );
}

interface BillingDialogProps {
  readonly stripe: NonNullable<StripeState>;
  readonly onClose: () => void;
  /** Called with whether invoices are taken. */
  readonly onSuccess: (takesInvoices: boolean) => void;
}

function BillingDialog({ stripe, onClose, onSuccess }: BillingDialogProps) {
  const update = useApiMutation(UpdateStripeBillingDocument);
  const save = (valueOf: (name: string) => string) => {
    const input = { takesInvoices: valueOf("takesInvoices") === "on", customerMetadataKey: valueOf("customerMetadataKey") || null };
    return sendAgain(() => update({ input }), () => {});
  };
  return (
    <ConfirmDialog
      title={BILLING}
      confirmLabel={t`Save`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={({ stripeConnection }) => onSuccess(stripeConnection?.takesInvoices ?? false)}
    >
      {(errorOf) => (
        <>
          <label>
            <input type="checkbox" name="takesInvoices" defaultChecked={stripe.takesInvoices} />{" "}
            <Trans>Record the invoices that are paid at Stripe from now on</Trans>
          </label>
          {errorOf("takesInvoices") && <p>{errorOf("takesInvoices")}</p>}
          <p className="muted">
            <Trans>
              If your own billing service also reports these invoices, each of them earns twice, unless it reports them under their
              ids at Stripe. At Stripe, the webhook endpoint of your account has to send {BILLING_EVENTS}, and a restricted key
              needs read access to <em>Charges and Refunds</em> and <em>Invoices</em>.
            </Trans>
          </p>
          <TextField
            label={t`Key of the customer id in the metadata`}
            name="customerMetadataKey"
            dir="ltr"
            maxLength={40}
            autoComplete="off"
            spellCheck={false}
            defaultValue={stripe.customerMetadataKey ?? ""}
            hint={t`Empty: accounts are assigned by the id of the customer at Stripe, as in cus_1AbC`}
            error={errorOf("customerMetadataKey")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

interface DialogProps {
  readonly isConnected: boolean;
  readonly onClose: () => void;
  readonly onSuccess: (account: string) => void;
}

/** Several secrets in one field, during a rotation. */
const secretsOf = (text: string) => text.split(/[\s,;]+/).filter(Boolean);

function ConnectDialog({ isConnected, onClose, onSuccess }: DialogProps) {
  const connect = useApiMutation(ConnectStripeDocument);
  const save = (valueOf: (name: string) => string) => {
    const apiKey = valueOf("apiKey");
    if (apiKey === "") return Promise.resolve(rejected("apiKey", t`Enter a key`));
    const webhookSecrets = [...secretsOf(valueOf("webhookSecrets")), ...secretsOf(valueOf("connectSecrets"))];
    // The same key again is the same connection.
    return sendAgain(() => connect({ input: { apiKey, webhookSecrets } }), () => {});
  };
  return (
    <ConfirmDialog
      title={isConnected ? t`Change the key of Stripe` : t`Connect Stripe`}
      confirmLabel={isConnected ? t`Save` : t`Connect`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={({ stripeConnection }) => stripeConnection && onSuccess(stripeConnection.account)}
    >
      {(errorOf) => (
        <>
          <p>
            <Trans>
              The key needs write access to <em>Transfers</em> and <em>Connected accounts</em>. It is stored sealed, and never
              shown again. A key of test mode moves no real money.
            </Trans>
          </p>
          <TextField
            label={t`Secret or restricted key`}
            name="apiKey"
            type="password"
            dir="ltr"
            required
            autoComplete="new-password"
            spellCheck={false}
            hint={t`Begins with sk_ or rk_`}
            error={errorOf("apiKey")}
          />
          <TextField
            label={t`Signing secret for your account`}
            name="webhookSecrets"
            type="password"
            dir="ltr"
            autoComplete="new-password"
            spellCheck={false}
            hint={isConnected ? t`Begins with whsec_; both secrets are replaced` : t`Begins with whsec_`}
            error={errorOf("webhookSecrets")}
          />
          <TextField
            label={t`Signing secret for connected accounts`}
            name="connectSecrets"
            type="password"
            dir="ltr"
            autoComplete="new-password"
            spellCheck={false}
            hint={t`Begins with whsec_`}
          />
        </>
      )}
    </ConfirmDialog>
  );
}
