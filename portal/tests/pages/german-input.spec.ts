// Amounts and rates as Germans write them: with a comma before the decimals.

import type { Locator } from "@playwright/test";

import { createPartner, expect, recordInvoice, request, signInGerman, test } from "./support";

test.use({ locale: "de-DE" });

/** Expects that a form rejects what was entered into a field, and says how to write it. */
async function expectRejected(field: Locator, submit: Locator, text: string, description: RegExp): Promise<void> {
  await field.fill(text);
  await submit.click();
  await expect(field).toBeFocused();
  await expect(field).toHaveAccessibleDescription(description);
}

test("an amount is read as it is written in German, and never as another one", async ({ page }) => {
  const partner = await createPartner("EUR");
  await signInGerman(page, "fiona", "finance", `/staff/partners/${partner.id}`);
  await page.getByRole("button", { name: "Korrektur buchen…" }).click();
  const dialog = page.getByRole("dialog");
  const [amount, submit] = [dialog.getByLabel("Betrag"), dialog.getByRole("button", { name: "Korrektur buchen", exact: true })];
  await expect(amount).toHaveAttribute("placeholder", "-20,00");
  await dialog.getByLabel("Grund").fill("ein Bonus");
  await expectRejected(amount, submit, "1.234", /kann auf zwei Arten gelesen werden.*wie in 1500,00/);
  for (const text of ["1234.56", "12.50", "1,234.56", "1.23,45", "1.2345,00", "12 34", "1,2,3", "zwölf"]) {
    await expectRejected(amount, submit, text, /wie in 1500,00/);
  }
  // Euros have two decimals: the server says so, whatever the mark is.
  await expectRejected(amount, submit, "1,234", /^1,234 hat 3 Nachkommastellen; EUR hat 2$/);
  await amount.fill("1.234,56");
  await submit.click();
  await expect(page.getByRole("status")).toContainText(/1\.234,56\s€/);
  const query = `{ commissionEvents(filter: { partnerId: "${partner.id}" }) { nodes { commissionAmount { amount currency } } } }`;
  expect((await request(query)).commissionEvents.nodes).toEqual([{ commissionAmount: { amount: "1234.56", currency: "EUR" } }]);
});

test("an amount is shown for correction as it is entered", async ({ page }) => {
  const partner = await createPartner("EUR");
  const event = await recordInvoice(partner, "1234.50", 5, "EUR");
  await signInGerman(page, "fiona", "finance", `/staff?event=${event}`);
  const dialog = page.getByRole("dialog").last();
  await page.getByRole("button", { name: "Rechnung korrigieren…" }).click();
  await expect(dialog.getByLabel("Gesamtbetrag")).toHaveValue("1234,50");
  await expect(dialog.getByLabel("Basisbetrag")).toHaveValue("1234,50");
  await dialog.getByLabel("Basisbetrag").fill("1.000");
  await dialog.getByLabel("Grund").fill("ein Tippfehler");
  await dialog.getByRole("button", { name: "Rechnung korrigieren", exact: true }).click();
  await expect(dialog.getByLabel("Basisbetrag")).toHaveAccessibleDescription(/kann auf zwei Arten gelesen werden/);
  await dialog.getByLabel("Basisbetrag").fill("1 000,5");
  await dialog.getByRole("button", { name: "Rechnung korrigieren", exact: true }).click();
  await expect(page.getByRole("status").first()).toContainText(/150,08\s€/);
});

test("a rate has a comma, and the filter of a list and the minimum payouts have one, too", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "10.00", 3);
  await recordInvoice(partner, "8230.00", 2);
  await signInGerman(page, "ada", "admin", `/staff/partners/${partner.id}`);
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Partner bearbeiten…" }).click();
  await expect(dialog.getByLabel("Satz in Prozent")).toHaveValue("15");
  await dialog.getByLabel("Satz in Prozent").fill("12,5");
  await dialog.getByRole("button", { name: "Speichern" }).click();
  await expect(page.getByRole("table", { name: "Bedingungen" })).toContainText("12,5");
  await page.getByRole("button", { name: "Partner bearbeiten…" }).click();
  await expect(dialog.getByLabel("Satz in Prozent")).toHaveValue("12,5");

  await page.goto(`/staff/commissions?partnerId=${partner.id}&currency=USD`);
  const rows = page.getByTestId("commission-row");
  await expect(rows).toHaveCount(2);
  await page.getByLabel("Betrag von").fill("1.234,5");
  await expect(rows).toHaveCount(1);
  await expect(page).toHaveURL(/min=1234\.5(&|$)/);
  await page.reload();
  await expect(page.getByLabel("Betrag von")).toHaveValue("1234,5");

  await page.goto("/staff/settings");
  await page.getByRole("button", { name: "Einstellungen bearbeiten…" }).click();
  const minimums = dialog.getByLabel("Mindestbeträge für Auszahlungen");
  await expectRejected(minimums, dialog.getByRole("button", { name: "Speichern" }), "50.00 EUR", /50,00 USD/);
});
