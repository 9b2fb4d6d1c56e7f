// Fills the demo tenant of a server with the data of a grown one, for looking at the pages:
//   SECRET=$(cat <data>/local-key) node tests/large-data.mjs <origin>
// 60 partners, whose names are long, are written from right to left or without blanks, and 3,000 commissions of two years, most of
// them of one partner, whose user is “large”: pending, approved, paid, in debt and of amount zero, in currencies with 0, 2 and 3
// decimals.

import { createToken } from "./token.mjs";

const [origin] = process.argv.slice(2);
const { SECRET: secret } = process.env;
if (!origin || !secret) {
  console.error("usage: SECRET=<key> node tests/large-data.mjs <origin>");
  process.exit(2);
}
const now = Math.floor(Date.now() / 1_000);
const token = await createToken(secret, "large-data", "admin");

/** Sends a request, and again while the server is busy. */
async function request(query, variables) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  for (;;) {
    const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
    const { data, errors } = await response.json();
    if (!errors) return data;
    if (!errors.every(({ extensions }) => extensions?.retryable)) throw new Error(JSON.stringify(errors));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** Runs a mutation for several inputs in one request. Returns the payloads; user errors are left out of the account. */
async function mutateAll(name, inputs, selection, size = 10) {
  const type = `${name[0].toUpperCase()}${name.slice(1)}Input!`;
  const payloads = [];
  for (let start = 0; start < inputs.length; start += size) {
    const part = inputs.slice(start, start + size);
    const variables = Object.fromEntries(part.map((input, index) => [`input${index}`, input]));
    const fields = part.map((_, index) => `m${index}: ${name}(input: $input${index}) { ${selection} userErrors { message } }`);
    const parameters = part.map((_, index) => `$input${index}: ${type}`);
    const data = await request(`mutation (${parameters.join(", ")}) { ${fields.join(" ")} }`, variables);
    payloads.push(...part.map((_, index) => data[`m${index}`]));
    if (start % 500 === 0) console.error(`${name}: ${start} of ${inputs.length}`);
  }
  return payloads;
}

const NAMES = [
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH",
  "The Worshipful and Very Old Company of Makers of Accounting Software for Small and Medium-Sized Bakeries, Ltd.",
  "חברת אור ושלום בע״מ (3)", "شركة الشمس للبرمجيات والاستشارات المحدودة", "株式会社東京システム開発研究所横浜営業所",
  "深圳市阳光软件技术有限公司", "주식회사 서울소프트웨어개발", "Ångström & Čapek 🎉 s.r.o.", "x".repeat(120), "A",
];
const CURRENCIES = ["USD", "USD", "EUR", "JPY", "KWD", "CHF"];
const DECIMALS = { JPY: 0, KWD: 3 };

const partnerInputs = Array.from({ length: 60 }, (_, index) => ({
  companyName: NAMES[index] ?? `Partner ${index} ${["Systems", "& Söhne", "Consulting Group", "Holding"][index % 4]}`,
  payoutCurrency: CURRENCIES[index % CURRENCIES.length],
  defaultCommissionRate: index === 9 ? "0.0000" : "0.1500",
  tier: ["BRONZE", "SILVER", "GOLD", "PLATINUM", "DIRECT"][index % 5],
}));
const partners = (await mutateAll("createPartner", partnerInputs, "partner { id }", 5)).map(({ partner }) => partner.id);
const user = { partnerId: partners[0], userId: "large", email: "large@example.com", role: "OWNER" };
await mutateAll("addPartnerUser", [user], "partnerUser { id }");
const startsAt = "2023-01-01T00:00:00Z";
const accountInputs = partners.flatMap((partnerId, index) =>
  Array.from({ length: index === 0 ? 40 : 3 }, (_, number) => ({
    partnerId, customerId: `large-${index}-${number}`, customerName: number % 2 ? NAMES[number % NAMES.length] : `Customer ${number}`, startsAt,
  })),
);
await mutateAll("assignManagedAccount", accountInputs, "managedAccount { id }", 5);

const amountOf = (cents, currency) => (cents / 100).toFixed(DECIMALS[currency] ?? 2);
const invoiceInputs = Array.from({ length: 3_000 }, (_, number) => {
  const partner = number % 3 === 0 ? 1 + (number % 59) : 0;
  const currency = CURRENCIES[partner % CURRENCIES.length];
  const cents = number % 97 === 0 ? 0 : 1_000 + ((number * 7_919) % 900_000) * (currency === "JPY" ? 100 : 1);
  return {
    invoiceId: `LARGE-${String(number).padStart(5, "0")}`,
    customerId: `large-${partner}-${number % (partner === 0 ? 40 : 3)}`,
    totalAmount: { amount: amountOf(cents, currency), currency },
    paidAt: new Date((now - ((number * 6) % 17_000) * 3_600) * 1_000).toISOString(),
  };
});
await mutateAll("recordInvoicePaid", invoiceInputs, "outcome");
await mutateAll("approvePendingCommissionEvents", [{ eventDateTo: new Date((now - 60 * 86_400) * 1_000).toISOString() }], "approvedCount", 1);
const period = { periodStart: "2020-01-01T00:00:00Z", periodEnd: new Date((now - 60 * 86_400) * 1_000).toISOString() };
await mutateAll("runPayouts", [{ ...period, idempotencyKey: "large-data" }], "payoutCount", 1);
// After the payouts, so that these partners owe what they were paid.
const refunds = invoiceInputs.filter((_, number) => number % 3 === 0 && [2, 3, 4].includes(1 + (number % 59)));
await mutateAll(
  "recordInvoiceRefunded",
  refunds.filter(({ totalAmount }) => Number(totalAmount.amount) > 0).map(({ invoiceId, totalAmount, paidAt }) => ({
    invoiceId, refundId: `R-${invoiceId}`, amount: totalAmount, refundedAt: paidAt,
  })),
  "outcome",
);
console.error("done");
