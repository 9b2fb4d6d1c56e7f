import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { ConfirmDialog } from "../components/confirm-dialog";
import type { PayoutAccountRowFragment } from "../gql/graphql";
import { useAccountChange } from "./account-change";

interface Props {
  readonly partnerId: string;
  readonly account: PayoutAccountRowFragment;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

/** Ends the account that a partner is paid to. */
export function EndPayoutAccountDialog({ partnerId, account, onClose, onSuccess }: Props) {
  const { end } = useAccountChange(partnerId);
  return (
    <ConfirmDialog
      title={t`End the payout account ${account.destination}?`}
      confirmLabel={t`End payout account`}
      onClose={onClose}
      onConfirm={() => end(account.id)}
      onSuccess={() => onSuccess(t`The payout account was ended.`)}
    >
      {account.rail === "FILE" ? (
        <p>
          <Trans>
            Nothing is paid to it any more. Payouts that are in a payment file already may still arrive. Another account can be given
            afterwards.
          </Trans>
        </p>
      ) : (
        <p>
          <Trans>
            Nothing is sent to it any more, and payouts that wait to be sent are not sent. Another account can be opened afterwards;
            this one stays at Stripe.
          </Trans>
        </p>
      )}
    </ConfirmDialog>
  );
}
