import { createPartner, expect, expectAccessible, expectFitsWidth, mutate, signIn, test } from "./support";

test("staff see who changed what, from what to what, and copy the head", async ({ page, context }) => {
  const partner = await createPartner();
  await mutate("updatePartner", { id: partner.id, defaultCommissionRate: "0.2000" }, "partner { id }");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);

  await signIn(page, "ada", "admin");
  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Audit", level: 1 })).toBeVisible();
  await page.getByLabel("What").fill("updatePartner");
  await page.getByLabel("Who").fill("tester");
  const rows = page.getByTestId("audit-entry");
  const row = rows.filter({ hasText: partner.name }).first();
  await expect(row).toContainText("updatePartner");
  await expect(row).toContainText("tester");
  await expect(row).toContainText(/defaultCommissionRate\s*0\.1500\s*→\s*0\.2000/);
  await expectAccessible(page);
  await expectFitsWidth(page);

  // The filter is in the address.
  await expect(page).toHaveURL(/act=updatePartner/);
  await page.reload();
  await expect(page.getByLabel("What")).toHaveValue("updatePartner");
  await expect(rows.filter({ hasText: partner.name }).first()).toBeVisible();
  await page.getByLabel("Who").fill("no-such-user");
  await expect(page.getByText("No such entries.")).toBeVisible();
  await page.getByLabel("Who").fill("");
  await expect(rows.first()).toBeVisible();

  // The server seals when it starts, so that there is a head.
  await page.getByRole("button", { name: "Copy head" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^\d+:[0-9a-f]{64}$/);
});

test("a partner user has no page for the audit trail", async ({ page }) => {
  const partner = await createPartner();
  await signIn(page, partner.user, "partner");
  await expect(page.getByRole("link", { name: "Audit", exact: true })).toHaveCount(0);
  await page.goto("/staff/audit");
  await expect(page.getByRole("heading", { name: "Staff only" })).toBeVisible();
});
