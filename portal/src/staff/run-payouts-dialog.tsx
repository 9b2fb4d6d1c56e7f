import { useState } from "react";
import { type ApiError, useApiMutation } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { ConfirmDialog } from "../components/confirm-dialog";
import { DateField, FieldRow, TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { skipReasonLabel } from "../format/labels";
import { formatCount, formatMoneyList } from "../format/money";
import { type PayoutRunFragment, PreviewPayoutsDocument, RunPayoutsDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** A random idempotency key. `crypto.randomUUID` is not available to pages that are served without TLS. */
const randomKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");

/** The codes of partners whose payout failed, while those of the others were created. */
const FAILURES: ReadonlySet<string> = new Set(["UNAVAILABLE", "INTERNAL_ERROR"]);

interface Props {
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Creates payouts for all partners, after a preview. */
export function RunPayoutsDialog({ onClose, onSuccess }: Props) {
  const { calendar } = useSession();
  const previewPayouts = useApiMutation(PreviewPayoutsDocument);
  const runPayouts = useApiMutation(RunPayoutsDocument);
  const [from, setFrom] = useState("2000-01-01");
  const [until, setUntil] = useState(() => calendar.tomorrow());
  const [currency, setCurrency] = useState("");
  const [preview, setPreview] = useState<PayoutRunFragment | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [isLoading, setIsLoading] = useState(false);
  // One key per preview: a repeated click, or a retry after a timeout, continues the same run instead of starting
  // another.
  const [idempotencyKey, setIdempotencyKey] = useState("");

  const period = { periodStart: calendar.startOfDay(from) ?? "", periodEnd: calendar.startOfDay(until) ?? "" };
  // Left out, not null: null would be rejected.
  const input = { ...period, ...(currency && { currency }) };
  const changeWith = (setValue: (value: string) => void) => (value: string) => {
    setValue(value);
    setPreview(null);
  };
  const loadPreview = async () => {
    setIsLoading(true);
    const result = await previewPayouts(input);
    setIsLoading(false);
    setError("error" in result ? result.error : null);
    setPreview("payload" in result ? result.payload : null);
    setIdempotencyKey(randomKey());
  };
  const payoutCount = preview?.payoutCount ?? 0;
  return (
    <ConfirmDialog
      title="Run payouts"
      confirmLabel={payoutCount === 0 ? "Create payouts" : `Create ${formatCount(payoutCount, "payout")}`}
      canConfirm={payoutCount > 0}
      onClose={onClose}
      onConfirm={() => runPayouts({ input: { ...input, idempotencyKey } })}
      onSuccess={({ payoutCount, totals, skipped }) => {
        const total = totals?.length ? `: ${formatMoneyList(totals)}` : "";
        const failed = skipped?.filter(({ code }) => FAILURES.has(code)).map(({ partner }) => isolated(partner.companyName)) ?? [];
        const failures = failed.length > 0 ? ` Not paid because of an error, run payouts again: ${failed.join(", ")}.` : "";
        onSuccess(`Created ${formatCount(payoutCount ?? 0, "payout")}${total}.${failures}`);
      }}
    >
      <p className="muted">
        Creates a payout for every partner with approved commissions dated from <em>From</em> up to, but not including,{" "}
        <em>Until</em> (time zone {calendar.timeZone}). Commissions still on hold are left out.
      </p>
      <FieldRow>
        <DateField label="From" value={from} onDate={changeWith(setFrom)} />
        <DateField label="Until" value={until} onDate={changeWith(setUntil)} />
        <TextField
          label="Currency"
          placeholder="All"
          maxLength={3}
          value={currency}
          onChange={({ target }) => changeWith(setCurrency)(target.value.toUpperCase())}
        />
      </FieldRow>
      <div className="buttons">
        <button className="button" type="button" aria-disabled={isLoading} onClick={() => isLoading || void loadPreview()}>
          {isLoading ? "Loading…" : "Preview"}
        </button>
      </div>
      {error && <ErrorAlert error={error} />}
      {preview && <RunPreview preview={preview} />}
    </ConfirmDialog>
  );
}

function RunPreview({ preview }: { readonly preview: PayoutRunFragment }) {
  const { payoutCount, totals, skipped } = preview;
  return (
    <div role="status" className="stack">
      <p>
        <strong>
          {payoutCount
            ? `${formatCount(payoutCount, "payout")}, ${formatMoneyList(totals ?? [])} in total.`
            : "There is nothing to pay."}
        </strong>
      </p>
      {skipped && skipped.length > 0 && (
        <div>
          <h3>Skipped</h3>
          <ul>
            {skipped.map(({ partner, currency, amount, code }) => (
              <li key={`${partner.id} ${currency}`}>
                <bdi>{partner.companyName}</bdi>: <Amount value={amount} />, {skipReasonLabel(code).toLowerCase()}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
