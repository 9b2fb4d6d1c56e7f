import { randomUUID } from "node:crypto";

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test as base } from "@playwright/test";
import { SignJWT } from "jose";

export { expect };

const { ORIGIN: origin = "", SECRET: secret = "" } = process.env;
if (!origin) throw new Error("ORIGIN names the server to try, and SECRET what its tokens are signed with");

/** A token of somebody of the demo tenant. */
export function token(user: string, role: string, seconds = 3_600): Promise<string> {
  const claims = new SignJWT({ tenant_id: "demo", role });
  const now = Math.floor(Date.now() / 1_000);
  return claims
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(new TextEncoder().encode(secret));
}

/** Asks the API, as an admin; neither errors nor refusals are expected. */
export async function ask(query: string, variables: object = {}): Promise<any> {
  const authorization = `Bearer ${await token("tester", "admin")}`;
  const headers = { "content-type": "application/json", authorization };
  const response = await fetch(`${origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown };
  expect(errors).toBeUndefined();
  for (const field of Object.values(data)) expect(field?.userErrors ?? []).toEqual([]);
  return data;
}

/** Sends an act with its input, and answers what is selected of its payload. */
export async function act(name: string, input: object, selection: string): Promise<any> {
  const type = name[0]!.toUpperCase() + name.slice(1);
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { ${selection} userErrors { message } } }`;
  return (await ask(query, { input }))[name];
}

export interface Story {
  readonly id: string;
  readonly name: string;
  /** The user who sees this partner and no other. */
  readonly user: string;
  readonly customer: string;
}

/** A partner of its own, with a user, and a customer on whom it earns 15 %. */
export async function partner(currency = "USD"): Promise<Story> {
  const mark = randomUUID().slice(-8);
  const [name, user, customer] = [`Partner ${mark}`, `user-${mark}`, `customer-${mark}`];
  const made = await act("createPartner", { companyName: name, defaultCommissionRate: "0.1500", payoutCurrency: currency }, "partner { id }");
  const partnerId = made.partner.id;
  await act("addPartnerUser", { partnerId, userId: user, email: `${user}@example.com`, role: "OWNER" }, "partnerUser { id }");
  const startsAt = "2020-01-01T00:00:00Z";
  await act("assignManagedAccount", { partnerId, customerId: customer, customerName: "Quercus Quarries", startsAt }, "managedAccount { id }");
  return { id: partnerId, name, user, customer };
}

const DAY = 86_400_000;

/** A moment some days ago. */
export const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString();

/** An invoice that the customer paid some days ago; answers the id of its commission event. */
export async function paid({ customer }: Story, amount: string, days = 1, currency = "USD"): Promise<string> {
  const input = { invoiceId: `INV-${randomUUID()}`, customerId: customer, totalAmount: { amount, currency }, paidAt: ago(days) };
  return (await act("recordInvoicePaid", input, "commissionEvent { id }")).commissionEvent.id;
}

/** Approves events and puts all that the partner has approved into a payout; answers its id. */
export async function payout({ id }: Story, events: readonly string[]): Promise<string> {
  await act("approveCommissionEvents", { ids: events }, "commissionEvents { id }");
  const input = { partnerId: id, periodStart: "2020-01-01T00:00:00Z", periodEnd: new Date().toISOString() };
  return (await act("createPayoutBatch", input, "payout { id }")).payout.id;
}

/** Signs in at the door, as a person would. */
export async function signIn(page: Page, user: string, role: string, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Token", { exact: true }).fill(await token(user, role));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

/** The card with a title. */
export const card = (page: Page, title: string) =>
  page.locator(".cards > div").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

/** Demands that axe finds nothing wrong with what is seen. */
export async function demandAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`).join("\n")}`);
  expect(told).toEqual([]);
}

/** Demands that nothing reaches over the edge of the screen. */
export async function demandFits(page: Page): Promise<void> {
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
}

interface Watched {
  /** What must not happen, whatever is tried. A test that brings some of it about takes it out. */
  readonly faults: string[];
  /** The GraphQL requests so far: their operations, by hash or by name. */
  readonly asked: string[];
}

/** A page that is watched: it asks nobody else, and breaks neither its policy nor itself. */
export const test = base.extend<{ watched: Watched }>({
  watched: [
    async ({ page }, use) => {
      const watched: Watched = { faults: [], asked: [] };
      page.on("request", (request) => {
        const url = new URL(request.url());
        if (url.pathname === "/graphql") watched.asked.push(request.postData() ?? "");
        if (url.origin !== origin && url.protocol.startsWith("http")) watched.faults.push(`asked ${url.origin}`);
      });
      page.on("pageerror", (error) => watched.faults.push(`an error of the page: ${error.stack ?? error}`));
      page.on("console", (message) => message.type() === "error" && watched.faults.push(message.text()));
      await use(watched);
      expect(watched.faults).toEqual([]);
    },
    { auto: true },
  ],
});
