import { useMemo } from "react";
import { type ChangedType, useApiMutation } from "../api";
import { unsentWords } from "../format/rail-sentences";
import {
  CancelPayoutDocument, CompletePayoutDocument, FailPayoutDocument, ReturnPayoutDocument, SendPayoutsDocument,
  StartPayoutDocument,
} from "../gql/graphql";
import { useRepeatedAct } from "./repeated-act";

const TYPE: ChangedType = "Payout";

/** Returns the functions that change the status of a payout. */
export function usePayoutChange() {
  const act = useRepeatedAct();
  const start = useApiMutation(StartPayoutDocument, TYPE);
  const send = useApiMutation(SendPayoutsDocument, TYPE);
  const complete = useApiMutation(CompletePayoutDocument, TYPE);
  const fail = useApiMutation(FailPayoutDocument, TYPE);
  const cancel = useApiMutation(CancelPayoutDocument, TYPE);
  const giveBack = useApiMutation(ReturnPayoutDocument, TYPE);
  return useMemo(
    () => ({
      start: (id: string) => act([id], { kind: "STATUS", to: "PROCESSING" }, () => start({ input: { id } })),
      /** Sends by Stripe. A payout that is skipped counts as rejected, for the reason. */
      send: (id: string) =>
        act([id], { kind: "STATUS", to: "PROCESSING", isFollowed: true }, async () => {
          const answer = await send({ input: { ids: [id] } });
          if ("error" in answer) return answer;
          const skipped = (answer.payload.skipped ?? []).map(({ id, code, message }) => ({
            ...unsentWords(code, message),
            row: id,
            field: null,
          }));
          return { ...answer, userErrors: [...answer.userErrors, ...skipped] };
        }),
      complete: (id: string, paymentReference: string) =>
        act([id], { kind: "STATUS", to: "COMPLETED" }, () => complete({ input: { id, paymentReference } })),
      fail: (id: string, reason: string) =>
        act([id], { kind: "STATUS", to: "FAILED", reason }, () => fail({ input: { id, reason } })),
      cancel: (id: string, reason: string) =>
        act([id], { kind: "STATUS", to: "CANCELLED", reason }, () => cancel({ input: { id, reason } })),
      /** `returnedAt` is when the money was back; null for now. */
      giveBack: (id: string, reason: string, returnedAt: string | null) =>
        act([id], { kind: "STATUS", to: "RETURNED", reason }, () =>
          giveBack({ input: { id, reason, ...(returnedAt && { returnedAt }) } }),
        ),
    }),
    [act, start, send, complete, fail, cancel, giveBack],
  );
}
