import type { QueuedCommissionFragment } from "../gql/graphql";

/**
 * Whether an event is approved together with the one that it reverses or restores. A reinstatement of an event that is no
 * longer pending is approved by itself.
 */
export function isApprovedWithOriginal({ eventType, reverses }: QueuedCommissionFragment): boolean {
  return reverses !== null && (eventType !== "REINSTATEMENT" || reverses.status === "PENDING");
}
