import type { Page } from "@playwright/test";

import { keyboard, mouse } from "./hands";
import { answer, connected, STRIPE } from "./stripe";
import { expect, expectFinePage, signIn, test } from "./support";

/** An event that was received. */
const event = (number: number, fields: object) => ({
  __typename: "InboxEvent",
  id: `01a2283f-3b1c-7d1e-9c51-00000000000${number}`,
  source: "STRIPE",
  eventId: `evt_${number}`,
  eventType: "invoice.paid",
  account: null,
  isLive: false,
  status: "HANDLED",
  message: "ACCRUED",
  receivedAt: new Date(Date.now() - number * 60_000).toISOString(),
  handledAt: new Date().toISOString(),
  ...fields,
});

/** What the server says of the inbox, and what it was asked. */
async function inbox(page: Page) {
  const asked = { filters: [] as any[], replayed: [] as string[][] };
  let events: any[] = [
    event(1, { status: "PENDING", message: null, handledAt: null }),
    event(2, {}),
    event(3, { status: "IGNORED", message: "its type is of no interest", eventType: "charge.succeeded" }),
    event(4, { status: "DEAD", message: "the invoice in_4 has no customer; record it by recordInvoicePaid" }),
    event(5, { status: "DEAD", message: "the partner was deleted", eventType: "account.updated", account: "acct_1AbCdEf" }),
  ];
  const file = { __typename: "DownloadFile", path: "/download/inbox-events" };
  const answers = {
    InboxEvents: (_: unknown, { filter }: any) => {
      asked.filters.push(filter);
      const nodes = events.filter(
        ({ status, eventType }) =>
          (!filter.status || filter.status.includes(status)) && (!filter.eventType || filter.eventType === eventType),
      );
      const pageInfo = { __typename: "PageInfo", hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null };
      return {
        inboxEvents: { __typename: "InboxEventConnection", nodes, pageInfo, totalCount: nodes.length, csv: file, xlsx: file },
      };
    },
    ReplayInboxEvents: (_: unknown, { input: { ids } }: any) => {
      asked.replayed.push(ids);
      events = events.map((event) => (ids.includes(event.id) ? { ...event, status: "PENDING", message: null, handledAt: null } : event));
      return { replayInboxEvents: { __typename: "ReplayInboxEventsPayload", inboxEvents: events.filter(({ id }) => ids.includes(id)), userErrors: [] } };
    },
  };
  await answer(page, { ...connected(), ...answers });
  return { asked, answers };
}

for (const [name, handsOf] of [["mouse", () => mouse], ["keyboard", keyboard]] as const) {
  test(`events that were given up or ignored are handled again, one or several, with the ${name}`, async ({ page }) => {
    const { asked } = await inbox(page);
    const hands = handsOf(page);
    await signIn(page, "ada", "admin", "/staff/settings");
    await hands.press(page.getByRole("link", { name: "Received events" }));
    const rows = page.getByTestId("inbox-event");
    await expect(rows).toHaveText([/evt_1.*Waiting/, /evt_2.*Handled.*ACCRUED/, /evt_3.*Ignored/, /evt_4.*Given up.*no customer/, /evt_5.*acct_1AbCdEf/]);
    await expect(rows.first().getByRole("checkbox")).toHaveCount(0);
    await expect(rows.first().getByRole("button", { name: /^Handle/ })).toHaveCount(0);
    await expectFinePage(page);
    await hands.press(rows.nth(3).getByRole("button", { name: "Handle again invoice.paid evt_4…" }));
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("Handle 1 event again?");
    await expectFinePage(page);
    await hands.press(dialog.getByRole("button", { name: "Handle again" }));
    await expect(dialog).toContainText("1 event will be handled again.");
    await hands.press(dialog.getByRole("button", { name: "Close" }).last());
    await expect(rows.nth(3)).toContainText("Waiting");
    await hands.tick(page.getByLabel("Select all on this page"));
    await expect(page.getByText("2 received events selected")).toBeVisible();
    await hands.press(page.getByRole("button", { name: "Handle selected again…" }).first());
    await hands.press(dialog.getByRole("button", { name: "Handle again" }));
    await expect(dialog).toContainText("2 events will be handled again.");
    expect(asked.replayed.map((ids) => ids.map((id) => Number(id.slice(-1))))).toEqual([[4], [3, 5]]);
    await hands.press(dialog.getByRole("button", { name: "Close" }).last());
    await expect(page.getByRole("button", { name: "Handle selected again…" })).toHaveCount(0);
  });
}

test("received events are filtered by status and type; auditors read them", async ({ page }) => {
  const { asked } = await inbox(page);
  await signIn(page, "alma", "auditor", "/staff/settings/inbox?status=DEAD");
  const rows = page.getByTestId("inbox-event");
  await expect(rows).toHaveCount(2);
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await expect(page.getByRole("button", { name: /again/ })).toHaveCount(0);
  await page.getByLabel("Type").fill("account.updated");
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/status=DEAD&type=account.updated/);
  await page.getByLabel("Status").selectOption("Handled");
  await expect(page.getByText("No events match these filters.")).toBeVisible();
  expect(asked.filters.at(-1)).toEqual({ status: ["HANDLED"], eventType: "account.updated" });
  await expectFinePage(page);
});

for (const [name, handsOf] of [["mouse", () => mouse], ["keyboard", keyboard]] as const) {
  test(`an admin lets Stripe Billing report paid invoices, with the ${name}`, async ({ page }) => {
    let stripe = STRIPE;
    const inputs: any[] = [];
    await answer(page, {
      StripeState: () => connected(stripe).StripeState(),
      UpdateStripeBilling: (_, { input }) => {
        inputs.push(input);
        if (input.customerMetadataKey?.includes("[")) {
          const error = { __typename: "UserError", code: "BAD_USER_INPUT", message: "must be a key of metadata", field: ["input", "customerMetadataKey"], row: null };
          return { updateStripeBilling: { __typename: "StripeConnectionPayload", stripeConnection: null, userErrors: [error] } };
        }
        stripe = { ...STRIPE, ...input };
        return { updateStripeBilling: { __typename: "StripeConnectionPayload", stripeConnection: stripe, userErrors: [] } };
      },
    });
    const hands = handsOf(page);
    await signIn(page, "ada", "admin", "/staff/settings");
    const section = page.getByRole("region", { name: "Stripe Billing" });
    await expect(section).toContainText("not taken from Stripe");
    await expect(page.getByText(/^invoice\.paid, refund\.created/)).toBeVisible();
    await hands.press(section.getByRole("button", { name: "Change billing…" }));
    const dialog = page.getByRole("dialog");
    await hands.tick(dialog.getByLabel("Record the invoices that are paid at Stripe from now on"));
    await hands.fill(dialog.getByLabel("Key of the customer id in the metadata"), "customer[id]");
    await hands.press(dialog.getByRole("button", { name: "Save" }));
    await expect(dialog.getByText("must be a key of metadata")).toBeVisible();
    await expect(dialog.getByLabel("Key of the customer id in the metadata")).toBeFocused();
    await expectFinePage(page);
    await hands.fill(dialog.getByLabel("Key of the customer id in the metadata"), "customer_id");
    await hands.press(dialog.getByRole("button", { name: "Save" }));
    await expect(page.getByRole("status").first()).toContainText("Invoices that are paid at Stripe are recorded from now on.");
    await expect(section).toContainText("the value of customer_id in the metadata of the invoice");
    expect(inputs.at(-1)).toEqual({ takesInvoices: true, customerMetadataKey: "customer_id" });
    await expectFinePage(page);
    await hands.press(section.getByRole("button", { name: "Change billing…" }));
    await dialog.getByLabel("Record the invoices that are paid at Stripe from now on").uncheck();
    await hands.press(dialog.getByRole("button", { name: "Save" }));
    await expect(section).toContainText("not taken from Stripe");
    expect(inputs.at(-1).takesInvoices).toBe(false);
  });
}
