import { useState } from "react";
import { useLoaded } from "../api";
import { StaffPayoutsDocument } from "../gql/graphql";
import { PAYOUT_STATUSES, payoutStatus } from "../format/words";
import { OpenCommission } from "../partners/commission";
import { useAddress, usePage } from "../parts/address";
import { Row, StatusField } from "../parts/fields";
import { Done, TroubleNotice } from "../parts/notice";
import { Pager } from "../parts/pager";
import { Heading, Section } from "../parts/section";
import { useTitle } from "../parts/title";
import { useMaySettle } from "../sign-in/session";
import { PartnerField } from "./partner-field";
import { OpenPayoutOfStaff, QueuedPayouts } from "./payout-acts";
import { RunPayouts } from "./run-payouts";

/** All payouts, and a run that makes more of them. */
export function PayoutDesk() {
  useTitle("Payouts");
  const { search } = useAddress();
  const maySettle = useMaySettle();
  const [done, setDone] = useState<string | null>(null);
  const [isRunning, setIsRunning] = useState(false);
  const status = PAYOUT_STATUSES.find((status) => status === search.get("status"));
  const partnerId = search.get("partnerId");
  const filter = { ...(status && { status: [status] }), ...(partnerId && { partnerId }) };
  const { data, trouble, isLoading, reload } = useLoaded(StaffPayoutsDocument, { filter, ...usePage(50) });
  return (
    <>
      <Heading
        title="Payouts"
        lead="Pay what is approved and due, and see what became of it"
        actions={
          maySettle && (
            <button className="strong" type="button" onClick={() => setIsRunning(true)}>
              Run payouts…
            </button>
          )
        }
      />
      {done && <Done>{done}</Done>}
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!(trouble && !data) && (
        <Section title="All payouts" lead="Latest first">
          <div className="stack">
            <Row>
              <PartnerField />
              <StatusField statuses={PAYOUT_STATUSES} wordOf={payoutStatus} />
            </Row>
            <QueuedPayouts payouts={data?.payouts.nodes} isLoading={isLoading} />
            {data && <Pager of="payout" totalCount={data.payouts.totalCount} pageInfo={data.payouts.pageInfo} />}
          </div>
        </Section>
      )}
      {isRunning && (
        <RunPayouts
          onClose={() => setIsRunning(false)}
          onDone={(text) => {
            setIsRunning(false);
            setDone(text);
            reload();
          }}
        />
      )}
      <OpenPayoutOfStaff onDone={setDone} />
      <OpenCommission />
    </>
  );
}
