import { useApiQuery } from "../api";
import { StripeStateDocument, type StripeStateQuery } from "../gql/graphql";

export type StripeState = StripeStateQuery["viewer"]["tenant"]["stripe"];

/** The Stripe account of the tenant; null if none is connected, and undefined until it is known. */
export function useStripe(isPaused = false) {
  const { data, error, refetch } = useApiQuery(StripeStateDocument, {}, isPaused);
  return { stripe: data?.viewer.tenant.stripe, error, refetch };
}
