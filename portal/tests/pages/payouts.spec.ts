import { approveAndPay, createPartner, expect, expectAccessible, mutate, recordInvoice, signIn, test } from "./support";

test("the history shows date, period, amount, lines, status and reference", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/payouts");
  const rows = page.getByRole("table", { name: "Payouts" }).getByRole("row");
  await expect(rows.filter({ hasText: "WIRE-" })).toHaveCount(3);
  await expect(rows.nth(1)).toContainText(/\w{3} \d+, \d{4}.*\$315\.27.*4.*Completed.*WIRE-\d{4}-\d\d/);
  await expectAccessible(page);
});

test("a payout shows its lines and its history", async ({ page }) => {
  const partner = await createPartner();
  const events = [await recordInvoice(partner, "100.00", 3), await recordInvoice(partner, "200.00", 2)];
  const id = await approveAndPay(partner, events);
  await mutate("startPayout", { id }, "payout { id }");
  await mutate("completePayout", { id, paymentReference: "WIRE-77" }, "payout { id }");
  await signIn(page, partner.user, "partner", "/partners/payouts");
  const row = page.getByRole("row").filter({ hasText: "WIRE-77" });
  await row.getByRole("cell", { name: "$45.00" }).click();
  const dialog = page.getByRole("dialog", { name: "Payout" });
  await expect(dialog).toContainText("2 lines");
  const lines = dialog.getByRole("region", { name: "Lines" });
  await expect(lines.getByRole("listitem")).toHaveText([/\$30\.00/, /\$15\.00/]);
  const history = dialog.getByRole("region", { name: "History" });
  await expect(history.getByRole("listitem")).toHaveText([/Ready/, /Processing/, /Completed/]);
  await expectAccessible(page);
  await lines.getByRole("link").first().click();
  await expect(page.getByRole("dialog", { name: "Commission" })).toContainText("paid ");
  await page.goBack();
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a failed payout shows the reason, and its commissions are released", async ({ page }) => {
  const partner = await createPartner();
  const id = await approveAndPay(partner, [await recordInvoice(partner, "200.00")]);
  await mutate("failPayout", { id, reason: "the account is closed" }, "payout { id }");
  await signIn(page, partner.user, "partner", "/partners/payouts?status=FAILED");
  await expect(page.getByRole("row").filter({ hasText: "Failed" })).toContainText("the account is closed");
  await page.getByRole("link", { name: /, 20/ }).first().click();
  const dialog = page.getByRole("dialog", { name: "Payout" });
  await expect(dialog).toContainText("Failure reason: the account is closed");
  await expect(dialog).toContainText("can be paid by another payout");
  await page.keyboard.press("Escape");
  await page.getByLabel("Status").selectOption("COMPLETED");
  await expect(page.getByText("No payouts match these filters.")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("row").filter({ hasText: "Failed" })).toBeVisible();
});

test("the URL of an unknown payout shows that it is not found", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/payouts?payout=00000000-0000-7000-8000-000000000000");
  await expect(page.getByRole("dialog", { name: "Payout" })).toContainText("Payout not found.");
});
