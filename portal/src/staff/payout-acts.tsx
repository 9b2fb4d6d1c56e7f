import { useApiMutation } from "../api";
import { TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { formatCount, formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import { CompletePayoutDocument, type QueuedPayoutFragment, StartPayoutDocument } from "../gql/graphql";
import { BulkDialog, type LoadRows } from "./bulk-dialog";

export type BulkPayoutAct = "start" | "complete";

interface Props {
  readonly act: BulkPayoutAct;
  /** The selected payouts, or a function that loads all that match. */
  readonly payouts: readonly QueuedPayoutFragment[] | LoadRows<QueuedPayoutFragment>;
  readonly onClose: () => void;
  /** Called when the act has ended. */
  readonly onEnd: () => void;
}

/** Marks payouts as sent, or completes them together with one reference; one after the other, with a result for each. */
export function PayoutActsDialog({ act, payouts, onClose, onEnd }: Props) {
  const start = useApiMutation(StartPayoutDocument);
  const complete = useApiMutation(CompletePayoutDocument);
  const isStart = act === "start";
  return (
    <BulkDialog
      title={(count) => (isStart ? `Mark ${formatCount(count, "payout")} as sent?` : `Complete ${formatCount(count, "payout")}?`)}
      noun="payout"
      participle={isStart ? "marked as sent" : "completed"}
      confirmLabel={isStart ? "Mark as sent" : "Complete"}
      rows={payouts}
      labelOf={({ partner, totalAmount }) => `${isolated(partner.companyName)}, ${formatMoney(totalAmount)}`}
      batchSize={1}
      perform={([payout], valueOf) => {
        const id = payout?.id ?? "";
        return isStart ? start({ input: { id } }) : complete({ input: { id, paymentReference: valueOf("paymentReference") } });
      }}
      onClose={onClose}
      onEnd={onEnd}
    >
      {(rows, errorOf) => (
        <>
          <p>Total: {rows.length === 0 ? "nothing" : formatMoneyList(totalsByCurrency(rows.map(({ totalAmount }) => totalAmount)))}</p>
          {isStart ? (
            <p>After this they can be completed or marked as failed, but no longer cancelled.</p>
          ) : (
            <>
              <p>Confirm that the money has arrived. This is final: the commissions are settled.</p>
              <TextField
                label="Payment reference"
                name="paymentReference"
                required
                maxLength={255}
                hint="The same for all of them, such as that of a collective transfer"
                autoComplete="off"
                error={errorOf("paymentReference")}
              />
            </>
          )}
        </>
      )}
    </BulkDialog>
  );
}
