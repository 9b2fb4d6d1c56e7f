import billing from "./examples/billing.graphql?raw";
import finance from "./examples/finance.graphql?raw";
import partner from "./examples/partner.graphql?raw";

interface Tab {
  readonly query: string;
  readonly variables?: string;
}

/** The initial tabs: examples for a partner, for finance and for billing. */
export function exampleTabs(now = new Date()): Tab[] {
  return [{ query: partner }, { query: finance }, { query: billing, variables: billingVariables(now) }];
}

/** A new invoice that is paid now, and a refund of it. */
function billingVariables(now: Date): string {
  const timestamp = now.toISOString().replace(/\.\d+/, "");
  const number = timestamp.replace(/[-:Z]/g, "").replace("T", "-");
  const variables = { invoiceId: `INV-${number}`, paidAt: timestamp, refundId: `RE-${number}`, refundedAt: timestamp };
  return JSON.stringify(variables, null, 2);
}
