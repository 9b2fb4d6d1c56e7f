import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { ConfirmDialog } from "../components/confirm-dialog";
import { EmptyState } from "../components/empty-state";
import { ChoiceField, TextField } from "../components/fields";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { countryOptions } from "../format/countries";
import { stripeAccountOf } from "../format/payout-account";
import type { PayoutAccountRowFragment } from "../gql/graphql";
import { AccountDetails } from "../partners/account-details";
import { useAccountChange } from "../partners/account-change";
import { CheckAccountButton } from "../partners/check-account";
import { EndPayoutAccountDialog } from "../partners/end-account-dialog";
import { useCanManageCommissions, useSession } from "../sign-in/session";
import { SecretDialog } from "./secret-dialog";
import { useStripe } from "./stripe-state";

interface Props {
  readonly partnerId: string;
  /** The country of the partner, if it is known. */
  readonly country: string | undefined;
  readonly accounts: readonly PayoutAccountRowFragment[];
  /** Called after a change. */
  readonly onChange: () => void;
}

type OpenDialog = "open" | "link" | "end";

/** The account at Stripe that a partner is paid to. Nothing is shown if there is neither an account nor Stripe. */
export function PayoutAccountSection({ partnerId, country, accounts, onChange }: Props) {
  const canChange = useCanManageCommissions();
  const { stripe } = useStripe();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const showToast = useToast();
  const account = stripeAccountOf(accounts);
  if (!account && !stripe) return null;
  const handlers = {
    onClose: () => setDialog(null),
    onSuccess: (message: string) => {
      setDialog(null);
      showToast(message);
      onChange();
    },
  };
  return (
    <Section
      title={t`Payout account`}
      lead={t`The account at Stripe that payouts can be sent to`}
      actions={
        canChange && (
          <>
            {stripe && (!account || account.status !== "READY") && (
              <button className="button" type="button" onClick={() => setDialog("open")}>
                {account ? t`Link for the partner…` : t`Open account…`}
              </button>
            )}
            {stripe && !account && (
              <button className="button" type="button" onClick={() => setDialog("link")}>
                <Trans>Link account…</Trans>
              </button>
            )}
            {stripe && account && account.status !== "READY" && <CheckAccountButton partnerId={partnerId} onChecked={onChange} />}
            {account && (
              <button className="button" type="button" onClick={() => setDialog("end")}>
                <Trans>End payout account…</Trans>
              </button>
            )}
          </>
        )
      }
    >
      {account ? (
        <AccountDetails account={account} />
      ) : (
        <EmptyState><Trans>No account at Stripe yet: payouts to this partner are paid by hand.</Trans></EmptyState>
      )}
      {dialog === "open" && (
        <OpenAccountDialog partnerId={partnerId} country={country} isNew={!account} onClose={() => setDialog(null)} onChange={onChange} />
      )}
      {dialog === "link" && <LinkDialog partnerId={partnerId} {...handlers} />}
      {dialog === "end" && account && <EndPayoutAccountDialog partnerId={partnerId} account={account} {...handlers} />}
    </Section>
  );
}

interface OpenProps extends Omit<Props, "accounts"> {
  readonly isNew: boolean;
  readonly onClose: () => void;
}

/** Opens an account, and shows the link by which the partner completes it, once. */
function OpenAccountDialog({ partnerId, country, isNew, onClose, onChange }: OpenProps) {
  const { start } = useAccountChange(partnerId);
  const { calendar } = useSession();
  const [link, setLink] = useState<{ readonly url: string; readonly expiresAt: string } | null>(null);
  if (link) {
    return (
      <SecretDialog title={t`Link for the partner`} secret={link.url} onClose={onClose}>
        <Trans>
          Send this link to the partner, who completes the account with it. It can be opened once, until{" "}
          {calendar.formatDateTime(link.expiresAt)}, and is not shown again. It is for the partner only. After that time, the
          partner can sign in here and go on under “Payout account”.
        </Trans>
      </SecretDialog>
    );
  }
  return (
    <ConfirmDialog
      title={isNew ? t`Open an account at Stripe` : t`Link for the partner`}
      confirmLabel={isNew ? t`Open account` : t`Create link`}
      onClose={onClose}
      onConfirm={(valueOf) => start(isNew ? valueOf("country") : null)}
      onSuccess={({ url, expiresAt }) => {
        onChange();
        if (url && expiresAt) setLink({ url, expiresAt });
        else onClose();
      }}
    >
      {(errorOf) => (
        <>
          <p><Trans>The partner completes the account on a page of Stripe. You get the link to it.</Trans></p>
          {isNew && (
            <ChoiceField
              label={t`Country`}
              name="country"
              defaultValue={country ?? ""}
              options={[{ value: "", label: t`Choose…` }, ...countryOptions()]}
              hint={t`It cannot be changed later.`}
              error={errorOf("country")}
            />
          )}
        </>
      )}
    </ConfirmDialog>
  );
}

interface LinkProps {
  readonly partnerId: string;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

function LinkDialog({ partnerId, onClose, onSuccess }: LinkProps) {
  const { link } = useAccountChange(partnerId);
  return (
    <ConfirmDialog
      title={t`Link an account at Stripe`}
      confirmLabel={t`Link account`}
      onClose={onClose}
      onConfirm={(valueOf) => link(valueOf("account"))}
      onSuccess={() => onSuccess(t`The account was linked.`)}
    >
      {(errorOf) => (
        <>
          <p><Trans>An account of the partner that is connected to your Stripe account already.</Trans></p>
          <TextField
            label={t`Id of the account`}
            name="account"
            dir="ltr"
            required
            maxLength={255}
            autoComplete="off"
            hint={t`As in acct_1AbC`}
            error={errorOf("account")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}
