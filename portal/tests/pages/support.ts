import { randomUUID } from "node:crypto";

import { expect, type Page, test as base } from "@playwright/test";

import { createToken as signToken } from "../token.mjs";

import { expectAccessible, expectReadable } from "./accessibility";

export { expectAccessible, expectReadable };
export { expect };

const { ORIGIN: origin = "", SECRET: secret = "" } = process.env;
if (!origin) throw new Error("set ORIGIN to the URL of the server, and SECRET to the key that signs its tokens");

/** Creates a token of a user of the demo tenant. */
export const createToken = (user: string, role: string): Promise<string> => signToken(secret, user, role);

/** Sends a GraphQL request as an admin, and expects neither errors nor user errors. */
export async function request(query: string, variables: object = {}): Promise<any> {
  const authorization = `Bearer ${await createToken("tester", "admin")}`;
  const headers = { "content-type": "application/json", authorization };
  const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown };
  expect(errors).toBeUndefined();
  for (const field of Object.values(data)) expect(field?.userErrors ?? []).toEqual([]);
  return data;
}

/** Runs a mutation, and returns the selected fields of its payload. */
export async function mutate(name: string, input: object, selection: string): Promise<any> {
  const type = name[0]!.toUpperCase() + name.slice(1);
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ${selection} userErrors { message } } }`;
  return (await request(query, { input }))[name];
}

export interface Partner {
  readonly id: string;
  readonly name: string;
  /** The user of this partner, and of no other. */
  readonly user: string;
  readonly customer: string;
}

/** Creates a partner with a user, and a customer with a commission rate of 15%. */
export async function createPartner(currency = "USD"): Promise<Partner> {
  const suffix = randomUUID().slice(-8);
  const [name, user, customer] = [`Partner ${suffix}`, `user-${suffix}`, `customer-${suffix}`];
  const partnerInput = { companyName: name, defaultCommissionRate: "0.1500", payoutCurrency: currency };
  const { partner } = await mutate("createPartner", partnerInput, "partner { id }");
  await addUser(partner.id, user);
  const startsAt = "2020-01-01T00:00:00Z";
  const accountInput = { partnerId: partner.id, customerId: customer, customerName: "Quercus Quarries", startsAt };
  await mutate("assignManagedAccount", accountInput, "managedAccount { id }");
  return { id: partner.id, name, user, customer };
}

/** Adds a user to a partner. Returns the id of the partner user. */
export async function addUser(partnerId: string, userId: string): Promise<string> {
  const input = { partnerId, userId, email: `${userId}@example.com`, role: "OWNER" };
  const { partnerUser } = await mutate("addPartnerUser", input, "partnerUser { id }");
  return partnerUser.id;
}

const DAY_IN_MS = 86_400_000;

/** The timestamp a number of days ago. */
export const daysAgo = (days: number) => new Date(Date.now() - days * DAY_IN_MS).toISOString();

/** Records an invoice of the partner's customer, paid a number of days ago. Returns the id of its commission event. */
export async function recordInvoice({ customer }: Partner, amount: string, days = 1, currency = "USD"): Promise<string> {
  const invoiceId = `INV-${randomUUID()}`;
  const input = { invoiceId, customerId: customer, totalAmount: { amount, currency }, paidAt: daysAgo(days) };
  return (await mutate("recordInvoicePaid", input, "commissionEvent { id }")).commissionEvent.id;
}

/** Records an invoice of 100.00 USD and a refund of 40.00 USD, dated by the caller. */
export async function recordRefundedInvoice({ user, customer }: Partner, paidAt: string, refundedAt: string): Promise<void> {
  const invoiceId = `INV-${user}`;
  const totalAmount = { amount: "100.00", currency: "USD" };
  await mutate("recordInvoicePaid", { invoiceId, customerId: customer, totalAmount, paidAt }, "outcome");
  const amount = { amount: "40.00", currency: "USD" };
  await mutate("recordInvoiceRefunded", { invoiceId, refundId: `RE-${user}`, amount, refundedAt }, "outcome");
}

/** Records an adjustment in USD. Returns the id of its commission event. */
export async function recordAdjustment({ id, user }: Partner, amount: string): Promise<string> {
  const money = { amount, currency: "USD" };
  const input = { partnerId: id, amount: money, reason: "an overpayment", idempotencyKey: user };
  return (await mutate("recordAdjustment", input, "commissionEvent { id }")).commissionEvent.id;
}

/** Approves commission events, and creates a payout of everything that is approved for the partner. Returns its id. */
export async function approveAndPay(partner: Partner, events: readonly string[]): Promise<string> {
  await mutate("approveCommissionEvents", { ids: events }, "commissionEvents { id }");
  return createPayout(partner);
}

/** Creates a payout of everything that is approved for the partner. Returns its id. */
export async function createPayout({ id }: Partner): Promise<string> {
  const input = { partnerId: id, periodStart: "2020-01-01T00:00:00Z", periodEnd: new Date().toISOString() };
  return (await mutate("createPayoutBatch", input, "payout { id }")).payout.id;
}

export async function submitToken(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Opens a path, and signs in with the form that appears. */
export async function signIn(page: Page, user: string, role: string, path = "/"): Promise<void> {
  await page.goto(path);
  await submitToken(page, await createToken(user, role));
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

/** Opens a path in a browser that prefers German, and signs in. */
export async function signInGerman(page: Page, user: string, role: string, path: string): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Token", { exact: true }).fill(await createToken(user, role));
  await page.getByRole("button", { name: "Anmelden", exact: true }).click();
  await expect(page.getByRole("button", { name: "Abmelden" })).toBeVisible();
}

/** Waits until a page shows what it has loaded. */
export async function expectLoaded(page: Page): Promise<void> {
  await expect(page.locator("h1:not([data-former])")).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

/** Goes to another page as its link would, without loading the portal again, and waits until it has loaded. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.evaluate((path) => {
    if (path === location.pathname + location.search) return;
    for (const heading of document.querySelectorAll("h1")) heading.dataset.former = "";
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
  await expectLoaded(page);
}

/** The card with a title on the revenue page. */
export const statCard = (page: Page, title: string) =>
  page.locator(".cards > div").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

/** The elements that make the page scroll horizontally. */
function tooWideElements(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const elements = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > clientWidth);
  return [`${scrollWidth} of ${clientWidth} pixels`, ...elements.map(({ outerHTML }) => outerHTML.slice(0, 200))];
}

/**
 * Expects that the page does not scroll horizontally. Repeated, because a table learns that it is wider than its place when
 * the frame with its new rows is laid out: before it is painted, but after a script could measure it.
 */
export async function expectFitsWidth(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(tooWideElements), { timeout: 5_000 }).toEqual([]);
}

/** Expects that axe finds nothing in light, in dark and in forced colours, and that a telephone does not scroll horizontally. */
export async function expectFinePage(page: Page): Promise<void> {
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await expectReadable(page);
  await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
  await expectReadable(page);
  await page.emulateMedia({ forcedColors: "none" });
  await page.setViewportSize({ width: 360, height: 800 });
  await expectFitsWidth(page);
  await page.setViewportSize({ width: 1280, height: 800 });
}

interface Monitor {
  /** Page errors, console errors, and requests to other origins. A test removes those that it provokes. */
  readonly problems: string[];
  /** The bodies of the GraphQL requests. */
  readonly graphqlRequests: string[];
}

/** A test whose page must have no errors, and must send no requests to other origins. */
export const test = base.extend<{ monitor: Monitor }>({
  monitor: [
    async ({ page }, use) => {
      const monitor: Monitor = { problems: [], graphqlRequests: [] };
      page.on("request", (request) => {
        const url = new URL(request.url());
        if (url.pathname === "/graphql") monitor.graphqlRequests.push(request.postData() ?? "");
        if (url.origin !== origin && url.protocol.startsWith("http")) monitor.problems.push(`request to ${url.origin}`);
      });
      page.on("pageerror", (error) => monitor.problems.push(`page error: ${error.stack ?? error}`));
      page.on("console", (message) => message.type() === "error" && monitor.problems.push(message.text()));
      await use(monitor);
      expect(monitor.problems).toEqual([]);
    },
    { auto: true },
  ],
});
