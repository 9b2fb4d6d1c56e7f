import { useMemo } from "react";
import { type ChangedType, type MutationResult, useApiMutation } from "../api";
import {
  DismissPayoutAttentionDocument, RecallPayoutDocument, ResolvePayoutAttemptDocument, type ResolvePayoutAttemptInput, WithdrawPayoutAttemptDocument,
} from "../gql/graphql";
import { sendAgain, useRepeatedAct } from "./repeated-act";

const TYPE: ChangedType = "Payout";

/** An attempt, and the payout whose history shows what was done to it. */
export interface AttemptOfPayout {
  readonly id: string;
  readonly payoutId: string;
}

/** The errors about an attempt as errors about its payout. */
async function aboutPayout<Payload>(payoutId: string, answer: Promise<MutationResult<Payload>>): Promise<MutationResult<Payload>> {
  const result = await answer;
  return "error" in result ? result : { ...result, userErrors: result.userErrors.map((error) => ({ ...error, row: payoutId })) };
}

/** Returns the functions that change an attempt to send a payout. */
export function useAttemptChange() {
  const act = useRepeatedAct();
  const withdraw = useApiMutation(WithdrawPayoutAttemptDocument, TYPE);
  const resolve = useApiMutation(ResolvePayoutAttemptDocument, TYPE);
  const recall = useApiMutation(RecallPayoutDocument, TYPE);
  const dismiss = useApiMutation(DismissPayoutAttentionDocument, TYPE);
  return useMemo(
    () => ({
      withdraw: ({ id, payoutId }: AttemptOfPayout, reason: string) =>
        act([payoutId], { kind: "STATUS", to: "READY", reason }, () => aboutPayout(payoutId, withdraw({ input: { id, reason } }))),
      /** With a reference, the money was moved. */
      resolve: ({ id, payoutId }: AttemptOfPayout, reference: string | null, reason: string) => {
        const moved: ResolvePayoutAttemptInput = { id, reason, outcome: "MOVED", reference };
        const input: ResolvePayoutAttemptInput = reference === null ? { id, reason, outcome: "NOT_MOVED" } : moved;
        const change = reference === null ? { to: "READY", reason } : { to: "COMPLETED" };
        return act([payoutId], { kind: "STATUS", ...change }, () => aboutPayout(payoutId, resolve({ input })));
      },
      /** Repeated, it asks for the same again: Stripe takes the money back once. */
      recall: (id: string, reason: string) => sendAgain(() => recall({ input: { id, reason } }), () => {}),
      dismiss: (id: string, reason: string) => dismiss({ input: { id, reason } }),
    }),
    [act, withdraw, resolve, recall, dismiss],
  );
}
