import type { Page, Route } from "@playwright/test";

/** What the server says in a test, by the name of the operation: a change of its answer, or an answer in place of it. */
export type Answers = Readonly<Record<string, (data: any, variables: any) => unknown>>;

interface Sent {
  readonly operationName: string;
  readonly variables: Record<string, unknown>;
}

/** Changes what the server answers to some operations: no Stripe is connected to it. */
export async function answer(page: Page, answers: Answers): Promise<void> {
  await page.route("**/graphql", async (route: Route) => {
    const { operationName, variables } = route.request().postDataJSON() as Sent;
    const change = answers[operationName];
    if (!change) return route.fallback();
    // A mutation is not sent: Stripe would be asked.
    if (!QUERIES.has(operationName)) return route.fulfill({ json: { data: change({}, variables) } });
    try {
      const { data } = (await (await route.fetch()).json()) as { data: unknown };
      await route.fulfill({ json: { data: change(data, variables) } });
    } catch (error) {
      // A page polls until the test ends.
      if (!/Test ended|disposed|closed/.test(String(error))) throw error;
    }
  });
}

const QUERIES: ReadonlySet<string> = new Set([
  "PayoutDetail", "StaffPayouts", "PartnerPage", "PayoutAccountPage", "PartnerName", "PartnerContext", "RevenuePage",
  "WaitingCounts", "Overview",
]);

const NOW = new Date().toISOString();

export const STRIPE = {
  __typename: "StripePlatform",
  id: "01a2283f-3b1c-7d1e-9c51-0f5a7d1c2b77",
  account: "acct_1AbCdEf",
  isLive: false,
  connectedAt: NOW,
  brokenAt: null,
  brokenReason: null,
  takesInvoices: false,
  customerMetadataKey: null as string | null,
};

/** A tenant that is connected to Stripe. */
export const connected = (stripe: object | null = STRIPE) => ({
  StripeState: () => {
    const tenant = { __typename: "Tenant", id: "demo", stripe };
    return { viewer: { __typename: "Viewer", userId: "staff", tenant } };
  },
});

/** What partner users see of a tenant that is connected to Stripe, and of their own accounts there. */
export const connectedPartner = (accounts: () => readonly object[]) => {
  const change = (data: any) => {
    data.viewer.tenant.payoutRails = ["STRIPE"];
    for (const partner of data.viewer.partners) partner.payoutAccounts = accounts();
    return data;
  };
  return { PartnerContext: change, RevenuePage: change };
};

/** An attempt to send a payout. */
export const attempt = (fields: object) => ({
  __typename: "PayoutAttempt",
  id: crypto.randomUUID(),
  rail: "STRIPE",
  paymentFile: null,
  status: "QUEUED",
  destination: "…Ab12",
  isLive: false,
  reference: null,
  code: null,
  message: null,
  createdAt: NOW,
  createdBy: "fiona",
  firstSentAt: null,
  lookedAt: null,
  recalledAt: null,
  endedAt: null,
  ...fields,
});

/** A payout with an attempt. */
export const withAttempt = (payout: object, fields: object) => {
  const made = attempt(fields);
  return {
    PayoutDetail: (data: any) => {
      Object.assign(data.payout, payout, { attempts: [made] });
      return data;
    },
  };
};
