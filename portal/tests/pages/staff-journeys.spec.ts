import { randomUUID } from "node:crypto";

import type { Page } from "@playwright/test";

import { type Hands, keyboard, mouse } from "./hands";
import { createPartner, expect, mutate, recordInvoice, request, signIn, test } from "./support";

const suffix = () => randomUUID().slice(-8);

/** The text of the option for a partner in a search. */
async function optionOf(name: string): Promise<string> {
  const query = "query ($search: String) { partners(filter: { search: $search }) { nodes { partnerNumber } } }";
  const { partners } = await request(query, { search: name });
  return `${name} (${partners.nodes[0].partnerNumber})`;
}

/** Filters the list of the page by a partner: its option appears while its name is entered. */
async function filterByPartner(page: Page, hands: Hands, name: string) {
  const option = await optionOf(name);
  const field = page.getByRole("combobox", { name: "Partner", exact: true });
  await hands.fill(field, name);
  await expect(page.locator(`datalist option[value="${option}"]`)).toHaveCount(1);
  await hands.fill(field, option);
  await expect(page).toHaveURL(/partnerId=/);
}

/** From a new partner to its first payout: terms, user, account, approval, run, completion. */
async function firstPayout(page: Page, hands: Hands, currency: string) {
  const name = `Journey ${suffix()}`;
  const customer = `cust-${suffix()}`;
  await signIn(page, "ada", "admin", "/staff/partners");
  const dialog = page.getByRole("dialog").last();
  await hands.press(page.getByRole("button", { name: "New partner…" }));
  await hands.fill(dialog.getByLabel("Company"), name);
  await hands.fill(dialog.getByLabel("Rate in percent"), "10");
  await hands.fill(dialog.getByLabel("Payout currency"), currency);
  await hands.press(dialog.getByRole("button", { name: "Create partner" }));
  await expect(page.getByRole("heading", { name })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Breadcrumbs" })).toContainText(name);
  await hands.press(page.getByRole("button", { name: "Assign account…" }));
  await hands.fill(dialog.getByLabel("Customer id"), customer);
  await hands.fillDate(dialog.getByLabel("Managed from"), "2026-01-01");
  await hands.press(dialog.getByRole("button", { name: "Assign account" }));
  await expect(page.getByRole("table", { name: "Managed accounts" })).toContainText(customer);

  const totalAmount = { amount: "1000.00", currency };
  const invoice = { invoiceId: `INV-${suffix()}`, customerId: customer, totalAmount, paidAt: "2026-02-01T00:00:00Z" };
  await mutate("recordInvoicePaid", invoice, "outcome");

  await hands.press(page.getByRole("link", { name: "Work queue", exact: true }));
  await filterByPartner(page, hands, name);
  await expect(page.getByTestId("queued-commission")).toHaveCount(1);
  await hands.tick(page.getByLabel("Select all on this page"));
  await hands.press(page.getByRole("button", { name: /^Approve 1 selected/ }));
  await hands.press(dialog.getByRole("button", { name: "Approve", exact: true }));
  await expect(page.getByRole("status").first()).toContainText("Approved 1 commission");

  await hands.press(page.getByRole("link", { name: "Payouts", exact: true }));
  await hands.press(page.getByRole("button", { name: "Run payouts…" }));
  await hands.fill(dialog.getByLabel("Currency"), currency);
  await hands.press(dialog.getByRole("button", { name: "Preview" }));
  await hands.press(dialog.getByRole("button", { name: "Create 1 payout" }));
  await expect(page.getByRole("status").first()).toContainText("Created 1 payout");

  await filterByPartner(page, hands, name);
  await expect(page.getByTestId("payout-row")).toHaveCount(1);
  await hands.tick(page.getByTestId("payout-row").getByRole("checkbox"));
  await hands.press(page.getByRole("button", { name: "Complete selected…" }));
  await hands.fill(dialog.getByLabel("Payment reference"), "WIRE-1");
  await hands.press(dialog.getByRole("button", { name: "Complete", exact: true }));
  await expect(dialog).toContainText("1 payout completed.");
  await hands.press(dialog.getByRole("button", { name: "Close" }).last());
  await expect(page.getByTestId("payout-row")).toContainText("WIRE-1");
}

test("from a new partner to the first payout with the mouse", async ({ page }) => {
  await firstPayout(page, mouse, "NOK");
});

test("from a new partner to the first payout with the keyboard alone", async ({ page }) => {
  await firstPayout(page, keyboard(page), "DKK");
});

/** From a wrong rate to the corrected commission: the rate is changed from the past on, and the invoice assessed again. */
async function correctedCommission(page: Page, hands: Hands) {
  const partner = await createPartner();
  const event = await recordInvoice(partner, "1000.00", 5);
  await signIn(page, "ada", "admin", `/staff/partners/${partner.id}`);
  const dialog = page.getByRole("dialog").last();
  await hands.press(page.getByRole("button", { name: "Edit partner…" }));
  await hands.fill(dialog.getByLabel("Rate in percent"), "20");
  await hands.fillDate(dialog.getByLabel("Rate, status and tier hold from"), "2026-01-01");
  await hands.press(dialog.getByRole("button", { name: "Save" }));
  await expect(page.getByRole("table", { name: "Terms" })).toContainText("20%");

  await page.goto(`/staff?event=${event}`);
  await hands.press(dialog.getByRole("button", { name: "Correct invoice…" }));
  await expect(dialog.getByLabel("Base amount")).toHaveValue("1000.00");
  await hands.press(dialog.getByRole("button", { name: "Correct invoice", exact: true }));
  await expect(dialog.getByLabel("Reason")).toBeFocused();
  await hands.fill(dialog.getByLabel("Reason"), "the rate was wrong");
  await hands.press(dialog.getByRole("button", { name: "Correct invoice", exact: true }));
  await expect(page.getByRole("status").first()).toContainText("It earns $200.00 instead of $150.00.");
  const query = `{ commissionEvents(filter: { partnerId: "${partner.id}" }) { nodes { status commissionAmount { amount } } } }`;
  const { commissionEvents } = await request(query);
  expect(commissionEvents.nodes.map(({ status, commissionAmount }: any) => [status, commissionAmount.amount]).sort()).toEqual([
    ["CANCELLED", "150.00"],
    ["PENDING", "200.00"],
  ]);
}

test("from a wrong rate to the corrected commission with the mouse", async ({ page }) => {
  await correctedCommission(page, mouse);
});

test("from a wrong rate to the corrected commission with the keyboard alone", async ({ page }) => {
  await correctedCommission(page, keyboard(page));
});
