import { Trans } from "@lingui/react/macro";
import { useLiveQuery } from "../api";
import { formatCount } from "../format/money";
import { WaitingCountsDocument, type WaitingFragment } from "../gql/graphql";
import { useTitleCount } from "../hooks/document-title";
import { useSession } from "../sign-in/session";

/** How often the numbers are asked for while the page is in view. */
const SECONDS = 30;

/** The numbers by the path of the page that shows the rows. */
const COUNTS_BY_PATH: Readonly<Record<string, (counts: WaitingFragment) => number>> = {
  "/staff": ({ pendingCommissions }) => pendingCommissions,
  "/staff/payouts": ({ payoutsReady, payoutsUnconfirmed }) => payoutsReady + payoutsUnconfirmed,
  "/staff/partners": ({ pendingPartners }) => pendingPartners,
  "/staff/leads": ({ newLeads }) => newLeads,
  "/staff/invoices": ({ invoicesThatEarnedNothing }) => invoicesThatEarnedNothing,
};

/** What waits for a role: what it may decide on. Invoices without a commission are no work of their own. */
function titleCount(role: string, counts: WaitingFragment): number {
  const { pendingCommissions, payoutsReady, payoutsUnconfirmed, unconfirmedBankAccounts, newLeads, pendingPartners } = counts;
  const ofFinance = pendingCommissions + payoutsReady + payoutsUnconfirmed + unconfirmedBankAccounts;
  const ofSupport = newLeads + pendingPartners;
  if (role === "finance") return ofFinance;
  return role === "support" ? ofSupport : ofFinance + ofSupport;
}

/** What waits for staff; null for other users, and until it is known. Asked for again while the page is in view. */
export function useWaiting(): WaitingFragment | null {
  const { viewer } = useSession();
  const isStaff = viewer.kind === "STAFF";
  const { data } = useLiveQuery(WaitingCountsDocument, {}, SECONDS, !isStaff);
  const counts = data?.workQueue ?? null;
  useTitleCount(counts ? titleCount(viewer.role, counts) : 0);
  return counts;
}

interface Props {
  readonly path: string;
  readonly counts: WaitingFragment | null;
}

/** The number of rows that wait on a page, beside its name in the navigation; nothing if there are none. */
export function WaitingCount({ path, counts }: Props) {
  const count = counts && COUNTS_BY_PATH[path]?.(counts);
  if (!count) return null;
  return (
    <span className="waiting-count" data-testid="waiting-count">
      {formatCount(count)}
      <span className="visually-hidden"> <Trans>waiting</Trans></span>
    </span>
  );
}
