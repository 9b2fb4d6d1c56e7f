import billing from "./examples/billing.graphql?raw";
import finance from "./examples/finance.graphql?raw";
import partner from "./examples/partner.graphql?raw";

interface Tab {
  readonly query: string;
  readonly variables?: string;
}

/** The tabs to begin with: an example for each of the three kinds of users. */
export function tabs(now = new Date()): Tab[] {
  return [{ query: partner }, { query: finance }, { query: billing, variables: invoice(now) }];
}

/** An invoice that nobody has told of yet, paid now, and a refund of it. */
function invoice(now: Date): string {
  const moment = now.toISOString().replace(/\.\d+/, "");
  const number = moment.replace(/[-:Z]/g, "").replace("T", "-");
  const variables = { invoiceId: `INV-${number}`, paidAt: moment, refundId: `RE-${number}`, refundedAt: moment };
  return JSON.stringify(variables, null, 2);
}
