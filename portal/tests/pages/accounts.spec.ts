import {
  createPartner, daysAgo, expect, expectAccessible, mutate, recordInvoice, request, signIn, test,
} from "./support";

test("accounts show the masked customer name, the rate, revenue and commission", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "1000.00");
  await recordInvoice(partner, "100", 1, "JPY");
  await signIn(page, partner.user, "partner", "/partners/accounts");
  const row = page.getByRole("table", { name: "Managed accounts" }).getByRole("row").nth(1);
  await expect(row).toContainText("Q*** Q***");
  await expect(row).toContainText(partner.customer);
  await expect(row).toContainText(/15%.*¥100\$1,000\.00|15%.*\$1,000\.00¥100/);
  await expect(row).toContainText("$150.00");
  await expect(page.getByText("Quercus")).toHaveCount(0);
  await expectAccessible(page);

  const { node } = await request(`{ node: partner(id: "${partner.id}") { managedAccounts { nodes { id } } } }`);
  await mutate("endManagedAccount", { id: node.managedAccounts.nodes[0].id, endsAt: daysAgo(0) }, "managedAccount { id }");
  await page.reload();
  await expect(page.getByText("No managed accounts.")).toBeVisible();
  await page.getByLabel("Show").selectOption("Ended");
  await expect(page).toHaveURL(/show=ended/);
  await expect(row).toContainText("Ended");
});
