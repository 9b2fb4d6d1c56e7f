import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import type { QueuedPayoutFragment } from "../gql/graphql";
import { BulkDialog, type LoadRows } from "./bulk-dialog";
import { usePayoutChange } from "./payout-change";

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
  const { start, complete } = usePayoutChange();
  const isStart = act === "start";
  return (
    <BulkDialog
      title={(count) =>
        isStart
          ? plural(count, { one: "Mark # payout as sent?", other: "Mark # payouts as sent?" })
          : plural(count, { one: "Complete # payout?", other: "Complete # payouts?" })
      }
      noun="payout"
      doneLabel={(count) =>
        isStart
          ? plural(count, { one: "# payout marked as sent", other: "# payouts marked as sent" })
          : plural(count, { one: "# payout completed", other: "# payouts completed" })
      }
      confirmLabel={isStart ? t`Mark as sent` : t`Complete`}
      rows={payouts}
      labelOf={({ partner, totalAmount }) => `${isolated(partner.companyName)}, ${formatMoney(totalAmount)}`}
      batchSize={1}
      perform={([payout], valueOf) => {
        const id = payout?.id ?? "";
        return isStart ? start(id) : complete(id, valueOf("paymentReference"));
      }}
      onClose={onClose}
      onEnd={onEnd}
    >
      {(rows, errorOf) => (
        <>
          <p>{t`Total: ${rows.length === 0 ? t`nothing` : formatMoneyList(totalsByCurrency(rows.map(({ totalAmount }) => totalAmount)))}`}</p>
          {isStart ? (
            <p><Trans>After this they can be completed or marked as failed, but no longer cancelled.</Trans></p>
          ) : (
            <>
              <p><Trans>Confirm that the money has arrived. This is final: the commissions are settled.</Trans></p>
              <TextField
                label={t`Payment reference`}
                name="paymentReference"
                required
                maxLength={255}
                hint={t`The same for all of them, such as that of a collective transfer`}
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
