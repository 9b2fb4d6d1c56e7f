import { plural, t } from "@lingui/core/macro";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { WaitingCountsDocument } from "../gql/graphql";
import { ANY } from "./list-views";

/** How many payouts need attention, with a link to them. It takes one line, whatever the number. */
export function AttentionLink() {
  // The layout asks for the numbers again and again, and both show the same answer.
  const { data } = useApiQuery(WaitingCountsDocument, {});
  const count = data?.workQueue.payoutsWithAttention;
  if (count === undefined) return <>{"\u00a0"}</>;
  if (count === 0) return <>{t`None of them needs attention.`}</>;
  return (
    <Link to={`/staff/payouts?attention=${ANY}`}>
      <strong>{plural(count, { one: "# payout needs attention", other: "# payouts need attention" })}</strong>
    </Link>
  );
}
