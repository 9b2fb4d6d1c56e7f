import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { BulkDialog, type LoadRows } from "./bulk-dialog";
import { usePayoutChange } from "./payout-change";
import css from "../partners/details.module.css";
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
      failedLabel={(count) => plural(count, { one: "# was not sent", other: "# were not sent" })}
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
          <Unready payouts={rows} />
        </>
      )}
    </BulkDialog>
  );
}

const hasAccount = ({ partner }: QueuedPayoutFragment) =>
  partner.payoutAccounts.some(({ rail, status }) => rail === "STRIPE" && status === "READY");

/** The partners without an account that money can be sent to: their payouts will be skipped. */
function Unready({ payouts }: { readonly payouts: readonly QueuedPayoutFragment[] }) {
  const unready = payouts.filter((payout) => !hasAccount(payout));
  if (unready.length === 0) return null;
  const count = unready.length;
  const partners = [...new Map(unready.map(({ partner }) => [partner.id, partner])).values()];
  const furtherCount = partners.length - LISTED_MAX;
  return (
    <div className={css.highlight}>
      <p>
        {plural(count, {
          one: "# payout will be skipped unless the account of its partner at Stripe becomes ready:",
          other: "# payouts will be skipped unless the accounts of their partners at Stripe become ready:",
        })}
      </p>
      <ul>
        {partners.slice(0, LISTED_MAX).map(({ id, companyName }) => (
          <li key={id}>
            <Link to={`/staff/partners/${id}`}>
              <bdi>{companyName}</bdi>
            </Link>
          </li>
        ))}
        {furtherCount > 0 && (
          <li>{plural(furtherCount, { one: "and # more partner", other: "and # more partners" })}</li>
        )}
      </ul>
    </div>
  );
}

/** The most partners that are listed before payouts are sent. */
const LISTED_MAX = 10;

/** Leaves out the payouts that were sent already. */
function onlyReady(payouts: Props["payouts"]): Props["payouts"] {
  if (typeof payouts !== "function") return payouts.filter(isReady);
  return async (onProgress, isStopped) => {
    const loaded = await payouts(onProgress, isStopped);
    return "error" in loaded ? loaded : { rows: loaded.rows.filter(isReady) };
  };
}
