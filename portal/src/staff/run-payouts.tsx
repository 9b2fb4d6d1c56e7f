import { useState } from "react";
import { type Trouble, useAct } from "../api";
import { PreviewPayoutsDocument, type RunFiguresFragment, RunPayoutsDocument } from "../gql/graphql";
import { count, moneyList } from "../format/money";
import { skipReason } from "../format/words";
import { DayField } from "../partners/commissions";
import { Amount } from "../parts/figures";
import { Row, TextField } from "../parts/fields";
import { TroubleNotice } from "../parts/notice";
import { useSession } from "../sign-in/session";
import { Ask } from "./ask";

/** A key that nobody else has. Not `randomUUID`, which pages without TLS do not have. */
const randomKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");

interface Props {
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

/** Pays every partner, once somebody has seen what that would be. A run that was cut off is gone on with by its key. */
export function RunPayouts({ onClose, onDone }: Props) {
  const { calendar } = useSession();
  const preview = useAct(PreviewPayoutsDocument);
  const run = useAct(RunPayoutsDocument);
  const [from, setFrom] = useState("2000-01-01");
  const [until, setUntil] = useState(() => calendar.tomorrow());
  const [currency, setCurrency] = useState("");
  const [figures, setFigures] = useState<RunFiguresFragment | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [isLooking, setIsLooking] = useState(false);
  // One for each preview: pressed twice, or again after a time-out, the same run answers.
  const [key, setKey] = useState("");

  const period = { periodStart: calendar.midnight(from) ?? "", periodEnd: calendar.midnight(until) ?? "" };
  const input = { ...period, currency: currency || null };
  const changed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setFigures(null);
  };
  const look = async () => {
    setIsLooking(true);
    const outcome = await preview(input);
    setIsLooking(false);
    setTrouble("trouble" in outcome ? outcome.trouble : null);
    setFigures("payload" in outcome ? outcome.payload : null);
    setKey(randomKey());
  };
  const payouts = figures?.payoutCount ?? 0;
  return (
    <Ask
      title="Run payouts"
      verb={payouts === 0 ? "Pay" : `Make ${count(payouts, "payout")}`}
      isReady={payouts > 0}
      onClose={onClose}
      act={() => run({ input: { ...input, dryRun: null, paymentMethod: null, idempotencyKey: key } })}
      onDone={({ payoutCount, totals }) =>
        onDone(`Made ${count(payoutCount ?? 0, "payout")}${totals?.length ? `: ${moneyList(totals)}` : ""}.`)
      }
    >
      <p className="quiet">
        Pays the approved commissions of every partner that are dated in the period and have passed their hold: from the first
        day, until the beginning of the last, in {calendar.timeZone}.
      </p>
      <Row>
        <DayField label="From" value={from} onDay={changed(setFrom)} />
        <DayField label="Until" value={until} onDay={changed(setUntil)} />
        <TextField
          label="Currency"
          placeholder="All"
          maxLength={3}
          value={currency}
          onChange={({ target }) => changed(setCurrency)(target.value.toUpperCase())}
        />
      </Row>
      <div className="buttons">
        <button className="plain" type="button" aria-disabled={isLooking} onClick={() => isLooking || void look()}>
          {isLooking ? "Looking…" : "Preview"}
        </button>
      </div>
      {trouble && <TroubleNotice trouble={trouble} />}
      {figures && <Preview of={figures} />}
    </Ask>
  );
}

function Preview({ of }: { readonly of: RunFiguresFragment }) {
  const { payoutCount, totals, skipped } = of;
  return (
    <div role="status" className="stack">
      <p>
        <strong>
          {payoutCount ? `${count(payoutCount, "payout")}, ${moneyList(totals ?? [])} in all.` : "There is nothing to pay."}
        </strong>
      </p>
      {skipped && skipped.length > 0 && (
        <div>
          <h3>Not paid</h3>
          <ul>
            {skipped.map(({ partner, currency, amount, code }) => (
              <li key={`${partner.id} ${currency}`}>
                {partner.companyName}: <Amount of={amount} />, {skipReason(code).toLowerCase()}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
