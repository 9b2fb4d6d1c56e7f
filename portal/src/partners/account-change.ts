import { useMemo } from "react";
import { useApiMutation } from "../api";
import {
  ConfirmBankAccountDocument, EndPayoutAccountDocument, LinkStripeAccountDocument, SetBankAccountDocument, type SetBankAccountInput,
  StartStripeOnboardingDocument,
} from "../gql/graphql";
import { sendAgain } from "../staff/repeated-act";

const again = <Payload>(send: Parameters<typeof sendAgain<Payload>>[0]) => sendAgain(send, () => {});

/** Returns the functions that change the account that a partner is paid to. Each can be repeated: it has one effect. */
export function useAccountChange(partnerId: string) {
  const start = useApiMutation(StartStripeOnboardingDocument);
  const link = useApiMutation(LinkStripeAccountDocument);
  const end = useApiMutation(EndPayoutAccountDocument);
  const set = useApiMutation(SetBankAccountDocument);
  const confirm = useApiMutation(ConfirmBankAccountDocument);
  return useMemo(
    () => ({
      /** The country matters for a new account only. */
      start: (country: string | null) => again(() => start({ input: { partnerId, ...(country && { country }) } })),
      /** Asks Stripe for the status of the account that there is; starting again does. */
      check: () => again(() => start({ input: { partnerId } })),
      link: (account: string) => again(() => link({ input: { partnerId, account } })),
      end: (id: string) => again(() => end({ input: { id } })),
      setBankAccount: (account: Omit<SetBankAccountInput, "partnerId">) => again(() => set({ input: { partnerId, ...account } })),
      /** `number` is that which the partner has confirmed by another way; it is compared with that of the account. */
      confirmBankAccount: (id: string, number: string) => again(() => confirm({ input: { id, ...(number && { number }) } })),
    }),
    [partnerId, start, link, end, set, confirm],
  );
}
