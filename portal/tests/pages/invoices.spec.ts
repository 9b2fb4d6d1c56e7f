import { randomUUID } from "node:crypto";

import { createPartner, expect, expectAccessible, request, signIn, test } from "./support";

test("an invoice without commission shows its cause, is assigned and earns", async ({ page }) => {
  const partner = await createPartner();
  const [customer, invoice] = [`typo-${randomUUID().slice(-8)}`, `INV-${randomUUID().slice(-8)}`];
  const mutation = `mutation ($input: RecordInvoicePaidInput!) { recordInvoicePaid(input: $input) { outcome } }`;
  const totalAmount = { amount: "100.00", currency: "USD" };
  await request(mutation, { input: { invoiceId: invoice, customerId: customer, totalAmount, paidAt: "2026-03-01T00:00:00Z" } });

  await signIn(page, "ada", "admin");
  await page.getByRole("link", { name: "Invoices", exact: true }).click();
  await page.getByLabel("Customer id").fill(customer);
  const row = page.getByTestId("invoice-row");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText(invoice);
  await expect(row).toContainText("No partner managed the customer");
  await expectAccessible(page);

  await row.getByRole("button", { name: "Assess again…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Assess again" }).click();
  await expect(page.getByRole("status")).toContainText(`Invoice ${invoice} still earns nothing`);

  await row.getByRole("button", { name: "Assign customer…" }).click();
  const dialog = page.getByRole("dialog");
  const query = "query ($search: String) { partners(filter: { search: $search }) { nodes { partnerNumber } } }";
  const { partners } = await request(query, { search: partner.name });
  const option = `${partner.name} (${partners.nodes[0].partnerNumber})`;
  await dialog.getByLabel("Partner").pressSequentially(partner.name);
  await expect(dialog.locator(`datalist option[value="${option}"]`)).toHaveCount(1);
  await dialog.getByLabel("Partner").fill(option);
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Assign customer" }).click();
  await expect(page.getByRole("status")).toContainText(`Assigned ${customer} to ${option}`);

  await row.getByRole("button", { name: "Assess again…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Assess again" }).click();
  await expect(page.getByRole("status")).toContainText(`Invoice ${invoice} earned a commission of $15.00`);
  await expect(row).toHaveCount(0);
});
