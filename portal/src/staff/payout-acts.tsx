import { type ReactNode, useState } from "react";
import { useAct } from "../api";
import {
  CancelPayoutDocument, CompletePayoutDocument, FailPayoutDocument, type QueuedPayoutFragment, StartPayoutDocument,
} from "../gql/graphql";
import { money } from "../format/money";
import { OpenPayout, type PayoutDetail } from "../partners/payout";
import { PayoutsTable } from "../partners/payouts";
import { NoteField, TextField } from "../parts/fields";
import type { Column } from "../parts/table";
import { useMaySettle } from "../sign-in/session";
import { Ask } from "./ask";

const PARTNER: readonly Column<QueuedPayoutFragment>[] = [
  { header: "Partner", cell: ({ partner }) => partner.companyName },
];

interface TableProps {
  readonly payouts: readonly QueuedPayoutFragment[] | undefined;
  readonly isLoading: boolean;
}

/** Payouts of all partners; a click opens one, and what can be done with it. */
export function QueuedPayouts({ payouts, isLoading }: TableProps) {
  return <PayoutsTable payouts={payouts} isLoading={isLoading} empty="No payouts." also={PARTNER} />;
}

type Act = "start" | "complete" | "fail" | "cancel";

const VERBS: Readonly<Record<Act, string>> = { start: "Mark as sent", complete: "Complete", fail: "Mark as failed", cancel: "Cancel payout" };

/** Which acts a payout can be moved on by. */
function actsOf(status: string): readonly Act[] {
  if (status === "READY") return ["start", "complete", "fail", "cancel"];
  return status === "PROCESSING" ? ["complete", "fail"] : [];
}

interface OpenProps {
  /** Tells what was done. */
  readonly onDone: (text: string) => void;
}

/** The payout that the address opens, with what staff can do with it. */
export function OpenPayoutOfStaff({ onDone }: OpenProps) {
  const maySettle = useMaySettle();
  const [question, setQuestion] = useState<{ readonly act: Act; readonly payout: PayoutDetail } | null>(null);
  const buttons = (payout: PayoutDetail): ReactNode => {
    const acts = actsOf(payout.status);
    if (!maySettle || acts.length === 0) return null;
    return (
      <div className="buttons">
        {acts.map((act) => (
          <button key={act} className={act === "complete" ? "strong" : "plain"} type="button" onClick={() => setQuestion({ act, payout })}>
            {VERBS[act]}
          </button>
        ))}
      </div>
    );
  };
  const finish = (text: string) => {
    setQuestion(null);
    onDone(text);
  };
  return (
    <>
      <OpenPayout actions={buttons} />
      {question && <Question {...question} onClose={() => setQuestion(null)} onDone={finish} />}
    </>
  );
}

interface QuestionProps extends OpenProps {
  readonly act: Act;
  readonly payout: PayoutDetail;
  readonly onClose: () => void;
}

function Question({ act, payout, onClose, onDone }: QuestionProps) {
  const start = useAct(StartPayoutDocument);
  const complete = useAct(CompletePayoutDocument);
  const fail = useAct(FailPayoutDocument);
  const cancel = useAct(CancelPayoutDocument);
  const { id, partner, totalAmount } = payout;
  const what = `${money(totalAmount)} to ${partner.companyName}`;
  const reason = <NoteField label="Reason" name="reason" required hint="Kept in the history" />;
  switch (act) {
    case "start":
      return (
        <Ask title="Is the money sent?" verb={VERBS[act]} onClose={onClose} act={() => start({ input: { id } })} onDone={() => onDone(`Sent ${what}.`)}>
          <p>{what}. From now on it can be completed or fail, and not be cancelled.</p>
        </Ask>
      );
    case "complete":
      return (
        <Ask
          title="Has the money arrived?"
          verb={VERBS[act]}
          onClose={onClose}
          act={(text) => complete({ input: { id, paymentReference: text("reference"), completedAt: null } })}
          onDone={() => onDone(`Completed ${what}.`)}
        >
          <p>{what}. This is final: its commissions are settled.</p>
          <TextField label="Payment reference" name="reference" required maxLength={255} hint="The bank’s word for the payment" autoComplete="off" />
        </Ask>
      );
    case "fail":
      return (
        <Ask
          title="Did the money come back?"
          verb={VERBS[act]}
          onClose={onClose}
          act={(text) => fail({ input: { id, reason: text("reason") } })}
          onDone={() => onDone(`${what} has failed; its commissions can be paid again.`)}
        >
          <p>{what}. Its commissions are released at once, and can be paid by another payout. The partner sees the reason.</p>
          {reason}
        </Ask>
      );
    case "cancel":
      return (
        <Ask
          title="Cancel this payout?"
          verb={VERBS[act]}
          onClose={onClose}
          act={(text) => cancel({ input: { id, reason: text("reason") } })}
          onDone={() => onDone(`Cancelled ${what}; its commissions can be paid again.`)}
        >
          <p>{what}. Nothing was sent; its commissions are released at once, and can be paid by another payout.</p>
          {reason}
        </Ask>
      );
  }
}
