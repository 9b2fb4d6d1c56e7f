import { useEffect, useState } from "react";
import { type Trouble, useAct } from "../api";
import { ApprovePendingCommissionEventsDocument, type CommissionEventFilter } from "../gql/graphql";
import { count, type Money, moneyList } from "../format/money";
import { Pending } from "../parts/figures";
import { TroubleNotice } from "../parts/notice";
import { Ask } from "./ask";

interface Props {
  readonly filter: CommissionEventFilter;
  readonly onClose: () => void;
  readonly onDone: (text: string) => void;
}

interface Preview {
  readonly events: number;
  readonly totals: readonly Money[];
}

/** Approves everything that a filter shows, once somebody has seen how many that is and their sum, as the server has it. */
export function ApproveAll({ filter, onClose, onDone }: Props) {
  const approve = useAct(ApprovePendingCommissionEventsDocument);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  // What comes in while somebody looks at the sum is not part of it.
  const [input] = useState(() => ({
    partnerId: filter.partnerId ?? null,
    currency: filter.currency ?? null,
    eventDateFrom: filter.eventDateFrom ?? null,
    eventDateTo: filter.eventDateTo ?? new Date().toISOString(),
  }));
  useEffect(() => {
    void approve({ input: { ...input, dryRun: true } }).then((outcome) => {
      if ("trouble" in outcome) return setTrouble(outcome.trouble);
      setPreview({ events: outcome.payload.approvedCount ?? 0, totals: outcome.payload.totals ?? [] });
    });
  }, [approve, input]);
  return (
    <Ask
      title="Approve all that match?"
      verb={preview ? `Approve ${count(preview.events)}` : "Approve"}
      isReady={preview !== null && preview.events > 0}
      onClose={onClose}
      act={() => approve({ input: { ...input, dryRun: null } })}
      onDone={({ approvedCount, totals }) =>
        onDone(`Approved ${count(approvedCount ?? 0, "commission")}${totals?.length ? `: ${moneyList(totals)}` : ""}.`)
      }
    >
      {trouble && <TroubleNotice trouble={trouble} />}
      {!trouble && !preview && <Pending width="long" />}
      {preview && preview.events === 0 && <p>Nothing that is dated until now matches.</p>}
      {preview && preview.events > 0 && (
        <p>
          {count(preview.events, "pending commission")}, {moneyList(preview.totals)} in all, of every page of the list. Approved
          commissions go into the partners’ next payouts.
        </p>
      )}
    </Ask>
  );
}
