import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import { formatCount } from "../format/money";
import type { WaitingFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { ANY } from "./list-views";
import css from "./waiting-cards.module.css";

/** What waits for staff, each number with a link to the rows. */
export function WaitingCards({ counts }: { readonly counts: WaitingFragment }) {
  const { calendar } = useSession();
  const cards = [
    { name: t`Commissions to approve`, count: counts.pendingCommissions, to: "/staff" },
    { name: t`Commissions held back`, count: counts.heldCommissions, to: "/staff?show=held" },
    { name: t`Payouts to send`, count: counts.payoutsReady, to: "/staff/payouts?status=READY" },
    { name: t`Payouts to confirm`, count: counts.payoutsUnconfirmed, to: "/staff/payouts?status=PROCESSING" },
    { name: t`Payouts that need attention`, count: counts.payoutsWithAttention, to: `/staff/payouts?attention=${ANY}` },
    {
      name: t`Bank accounts to confirm`,
      count: counts.unconfirmedBankAccounts,
      to: "/staff/partners?unconfirmed=yes",
    },
    {
      name: t`Payouts failed in 30 days`,
      count: counts.payoutsFailed,
      to: `/staff/payouts?status=FAILED&changedFrom=${calendar.dayOf(counts.payoutsFailedFrom)}`,
    },
    { name: t`Invoices without commission`, count: counts.invoicesThatEarnedNothing, to: "/staff/invoices" },
    { name: t`New leads`, count: counts.newLeads, to: "/staff/leads?status=NEW" },
    { name: t`Partners to accept`, count: counts.pendingPartners, to: "/staff/partners?status=PENDING" },
  ];
  return (
    <ul className={css.cards}>
      {cards.map(({ name, count, to }) => (
        <li key={name}>
          <Link className={count > 0 ? css.card : `${css.card} ${css.none}`} to={to} data-testid="waiting-card">
            <strong>{formatCount(count)}</strong> <span>{name}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
