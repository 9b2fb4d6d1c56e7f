import { randomUUID } from "node:crypto";

import {
  createPartner, expect, expectAccessible, expectFitsWidth, mutate, type Partner, request, signIn, test,
} from "./support";

const suffix = () => randomUUID().slice(-8);

/** Records an invoice of 100.00 USD. Returns its id. */
async function recordInvoiceOf(customerId: string, paidAt: string): Promise<string> {
  const invoiceId = `INV-${suffix()}`;
  const totalAmount = { amount: "100.00", currency: "USD" };
  await mutate("recordInvoicePaid", { invoiceId, customerId, totalAmount, paidAt }, "outcome");
  return invoiceId;
}

/** The text of the option for a partner in a search. */
async function optionOf({ name }: Partner): Promise<string> {
  const query = "query ($search: String) { partners(filter: { search: $search }) { nodes { partnerNumber } } }";
  const { partners } = await request(query, { search: name });
  return `${name} (${partners.nodes[0].partnerNumber})`;
}

test("an invoice without commission shows its cause, is assigned and earns with all of its customer", async ({ page }) => {
  const partner = await createPartner();
  const customer = `typo-${suffix()}`;
  const first = await recordInvoiceOf(customer, "2026-02-01T00:00:00Z");
  const second = await recordInvoiceOf(customer, "2026-03-01T00:00:00Z");

  await signIn(page, "ada", "admin");
  await page.getByRole("link", { name: "Invoices", exact: true }).click();
  await page.getByLabel("Customer id").fill(customer);
  const rows = page.getByTestId("invoice-row");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText(second);
  await expect(rows.nth(1)).toContainText(first);
  await expect(rows.nth(0)).toContainText("No partner managed the customer");
  await expectAccessible(page);

  // Nothing has changed yet: the preview says so.
  await rows.nth(0).getByRole("button", { name: "Assess again…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("status")).toContainText("The invoice would earn nothing.");
  await expect(dialog).toContainText("1 invoice: No partner managed the customer");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Update causes" }).click();
  await expect(page.getByRole("status")).toContainText("Assessed 1 invoice: none earns a commission.");

  // The customer is assigned from its first payment on, although this is the later one.
  await rows.nth(0).getByRole("button", { name: "Assign customer…" }).click();
  const option = await optionOf(partner);
  await dialog.getByLabel("Partner").pressSequentially(partner.name);
  await expect(dialog.locator(`datalist option[value="${option}"]`)).toHaveCount(1);
  await dialog.getByLabel("Partner").fill(option);
  await expect(dialog.getByLabel("From")).toContainText("The first of its 2 invoices without an account");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Assign customer" }).click();
  await expect(page.getByRole("status")).toContainText("Assigned");

  await page.getByRole("button", { name: "Assess its invoices again…" }).click();
  await expect(dialog.getByRole("status")).toContainText("All 2 invoices would earn a commission. $30.00 in total.");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Assess 2 invoices again" }).click();
  await expect(page.getByRole("status").filter({ hasText: "2 invoices earn a commission now: $30.00." })).toBeVisible();
  await expect(page.getByText("No such invoices.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Assess all again…" })).toBeDisabled();
});

test("all matching invoices are assessed again, more than one request takes", async ({ page }) => {
  const partner = await createPartner();
  const customer = `late-${suffix()}`;
  // Two batches; the invoices of the first days were paid before the customer was assigned, and still earn nothing.
  const day = (number: number) => new Date(Date.UTC(2026, 0, 1 + number)).toISOString();
  await Promise.all(Array.from({ length: 103 }, (_, number) => recordInvoiceOf(customer, day(number))));
  const account = { partnerId: partner.id, customerId: customer, startsAt: day(3) };
  await mutate("assignManagedAccount", account, "managedAccount { id }");

  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, "fiona", "finance", `/staff/invoices?customer=${customer}`);
  await page.getByRole("button", { name: "Assess all again…" }).click();
  const dialog = page.getByRole("dialog", { name: "Assess all matching invoices again" });
  await expect(dialog.getByRole("status")).toContainText("100 of 103 invoices would earn a commission. $1,500.00 in total.");
  await expect(dialog).toContainText("3 invoices: No partner managed the customer");
  await expectFitsWidth(page);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Assess 103 invoices again" }).click();
  await expect(page.getByRole("status")).toContainText("100 of 103 invoices earn a commission now: $1,500.00.");
  await expect(page.getByTestId("invoice-row")).toHaveCount(3);
});

test("a failed preview says why and can be tried again", async ({ page, monitor }) => {
  const customer = `late-${suffix()}`;
  await recordInvoiceOf(customer, "2026-03-01T00:00:00Z");
  await signIn(page, "fiona", "finance", `/staff/invoices?customer=${customer}`);
  await expect(page.getByTestId("invoice-row")).toHaveCount(1);
  await page.route("**/graphql", (route) => route.abort());
  await page.getByRole("button", { name: "Assess all again…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("alert")).toContainText("The server cannot be reached");
  await expect(dialog.getByRole("button", { name: "Assess again" })).toHaveAttribute("aria-disabled", "true");
  await page.unroute("**/graphql");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await expect(dialog.getByRole("status")).toContainText("The invoice would earn nothing.");
  await expect(dialog.getByRole("alert")).toHaveCount(0);
  monitor.problems.length = 0;
});

test("staff who cannot correct invoices are not offered to assess them", async ({ page }) => {
  const customer = `late-${suffix()}`;
  await recordInvoiceOf(customer, "2026-03-01T00:00:00Z");
  await signIn(page, "alma", "auditor", `/staff/invoices?customer=${customer}`);
  await expect(page.getByTestId("invoice-row")).toHaveCount(1);
  await expect(page.getByRole("button", { name: /Assess|Assign/ })).toHaveCount(0);
});
