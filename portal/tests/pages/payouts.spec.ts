import { act, demandAccessible, expect, paid, partner, payout, signIn, test } from "./support";

test("the history tells date, period, amount, lines, status and reference", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/payouts");
  const rows = page.getByRole("table", { name: "Payouts" }).getByRole("row");
  await expect(rows.filter({ hasText: "WIRE-" })).toHaveCount(3);
  await expect(rows.nth(1)).toContainText(/\w{3} \d+, \d{4}.*\$315\.27.*4.*Completed.*WIRE-\d{4}-\d\d/);
  await demandAccessible(page);
});

test("a payout shows its lines, and what became of it", async ({ page }) => {
  const story = await partner();
  const id = await payout(story, [await paid(story, "100.00", 3), await paid(story, "200.00", 2)]);
  await act("startPayout", { id }, "payout { id }");
  await act("completePayout", { id, paymentReference: "WIRE-77" }, "payout { id }");
  await signIn(page, story.user, "partner", "/partners/payouts");
  await page.getByRole("row").filter({ hasText: "WIRE-77" }).getByRole("cell", { name: "$45.00" }).click();
  const sheet = page.getByRole("dialog", { name: "Payout" });
  await expect(sheet).toContainText("2 lines");
  await expect(sheet.getByRole("region", { name: "Lines" }).getByRole("listitem")).toHaveText([/\$15\.00/, /\$30\.00/].reverse());
  await expect(sheet.getByRole("region", { name: "History" }).getByRole("listitem")).toHaveText([/Ready/, /Processing/, /Completed/]);
  await demandAccessible(page);
  await sheet.getByRole("region", { name: "Lines" }).getByRole("link").first().click();
  await expect(page.getByRole("dialog", { name: "Commission" })).toContainText("paid ");
  await page.goBack();
  await expect(sheet).toBeVisible();
  await sheet.getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a payout that failed says why, and its commissions are free again", async ({ page }) => {
  const story = await partner();
  const id = await payout(story, [await paid(story, "200.00")]);
  await act("failPayout", { id, reason: "the account is closed" }, "payout { id }");
  await signIn(page, story.user, "partner", "/partners/payouts?status=FAILED");
  await expect(page.getByRole("row").filter({ hasText: "Failed" })).toContainText("the account is closed");
  await page.getByRole("link", { name: /, 20/ }).first().click();
  const sheet = page.getByRole("dialog", { name: "Payout" });
  await expect(sheet).toContainText("Why it failed: the account is closed");
  await expect(sheet).toContainText("they can be paid by another payout");
  await page.keyboard.press("Escape");
  await page.getByLabel("Status").selectOption("COMPLETED");
  await expect(page.getByText("No payout is like that.")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("row").filter({ hasText: "Failed" })).toBeVisible();
});

test("an address of a payout that there is not says so", async ({ page }) => {
  await signIn(page, "paula", "partner", "/partners/payouts?payout=00000000-0000-7000-8000-000000000000");
  await expect(page.getByRole("dialog", { name: "Payout" })).toContainText("There is no such payout.");
});
