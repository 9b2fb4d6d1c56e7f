import { useCallback } from "react";
import { type ChangedType, useApiMutation } from "../api";
import {
  ApproveCommissionEventsDocument, CancelCommissionEventsDocument, HoldCommissionEventsDocument, ReleaseCommissionEventsDocument,
  RevertApprovalDocument,
} from "../gql/graphql";
import { type Change, useRepeatedAct } from "./repeated-act";

export type Decision = "approve" | "cancel" | "hold" | "release" | "revert";

const TYPE: ChangedType = "CommissionEvent";

const CHANGES: Readonly<Record<Decision, Change>> = {
  approve: { kind: "STATUS", to: "APPROVED" },
  cancel: { kind: "STATUS", to: "CANCELLED" },
  hold: { kind: "HOLD" },
  release: { kind: "RELEASE" },
  revert: { kind: "STATUS", to: "PENDING" },
};

/** Returns a function that decides on commissions, all or none; every decision but the approval has a reason. */
export function useDecide(decision: Decision) {
  const act = useRepeatedAct();
  const approve = useApiMutation(ApproveCommissionEventsDocument, TYPE);
  const cancel = useApiMutation(CancelCommissionEventsDocument, TYPE);
  const hold = useApiMutation(HoldCommissionEventsDocument, TYPE);
  const release = useApiMutation(ReleaseCommissionEventsDocument, TYPE);
  const revert = useApiMutation(RevertApprovalDocument, TYPE);
  return useCallback(
    (ids: readonly string[], reason: string) => {
      if (decision === "approve") return act(ids, CHANGES.approve, (ids) => approve({ input: { ids: [...ids] } }));
      const decide = { cancel, hold, release, revert }[decision];
      return act(ids, { ...CHANGES[decision], reason }, (ids) => decide({ input: { ids: [...ids], reason } }));
    },
    [decision, act, approve, cancel, hold, release, revert],
  );
}
