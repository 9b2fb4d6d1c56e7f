import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { BulkDialog, type LoadRows } from "./bulk-dialog";
import { usePayoutChange } from "./payout-change";
import type { StripeState } from "./stripe-state";
import { StripeMode } from "../components/stripe-mode";

interface Props {
  readonly stripe: NonNullable<StripeState>;
  /** The selected payouts, or a function that loads all that match. Only those that are ready are sent. */
  readonly payouts: readonly QueuedPayoutFragment[] | LoadRows<QueuedPayoutFragment>;
  readonly onClose: () => void;
  /** Called when the act has ended. */
  readonly onEnd: () => void;
}

const isReady = ({ status }: QueuedPayoutFragment) => status === "READY";

/** Sends payouts by Stripe, one after the other; those that are skipped are listed with the reason. */
export function SendPayoutsDialog({ stripe, payouts, onClose, onEnd }: Props) {
  const { send } = usePayoutChange();
  return (
    <BulkDialog
      title={(count) => plural(count, { one: "Send # payout by Stripe?", other: "Send # payouts by Stripe?" })}
      noun="payout"
      doneLabel={(count) => plural(count, { one: "# payout is being sent", other: "# payouts are being sent" })}
      confirmLabel={t`Send by Stripe`}
      rows={onlyReady(payouts)}
      labelOf={({ partner, totalAmount }) => (
        <>
          <Link to={`/staff/partners/${partner.id}`}>
            <bdi>{partner.companyName}</bdi>
          </Link>
          , {formatMoney(totalAmount)}
        </>
      )}
      batchSize={1}
      perform={([payout]) => send(payout?.id ?? "")}
      onClose={onClose}
      onEnd={onEnd}
    >
      {(rows) => (
        <>
          <p>{t`Total: ${rows.length === 0 ? t`nothing` : formatMoneyList(totalsByCurrency(rows.map(({ totalAmount }) => totalAmount)))}`}</p>
          <p>
            <StripeMode isLive={stripe.isLive} />
          </p>
          <p>
            <Trans>
              The money goes from your balance at Stripe to the accounts of the partners there. Each payout is sent once, and is
              completed when Stripe confirms it. Only payouts that are ready are sent.
            </Trans>
          </p>
        </>
      )}
    </BulkDialog>
  );
}

/** Leaves out the payouts that were sent already. */
function onlyReady(payouts: Props["payouts"]): Props["payouts"] {
  if (typeof payouts !== "function") return payouts.filter(isReady);
  return async (onProgress, isStopped) => {
    const loaded = await payouts(onProgress, isStopped);
    return "error" in loaded ? loaded : { rows: loaded.rows.filter(isReady) };
  };
}
