import { act, ago, ask, demandAccessible, expect, paid, partner, signIn, test } from "./support";

test("accounts show the masked customer, the rate, revenue and commission", async ({ page }) => {
  const story = await partner();
  await paid(story, "1000.00");
  await paid(story, "100", 1, "JPY");
  await signIn(page, story.user, "partner", "/partners/accounts");
  const row = page.getByRole("table", { name: "Managed accounts" }).getByRole("row").nth(1);
  await expect(row).toContainText("Q*** Q***");
  await expect(row).toContainText(story.customer);
  await expect(row).toContainText(/15%.*¥100\$1,000\.00|15%.*\$1,000\.00¥100/);
  await expect(row).toContainText("$150.00");
  await expect(page.getByText("Quercus")).toHaveCount(0);
  await demandAccessible(page);

  const { node } = await ask(`{ node: partner(id: "${story.id}") { managedAccounts { nodes { id } } } }`);
  await act("endManagedAccount", { id: node.managedAccounts.nodes[0].id, endsAt: ago(0) }, "managedAccount { id }");
  await page.reload();
  await expect(page.getByText("No managed accounts.")).toBeVisible();
  await page.getByLabel("Show").selectOption("Ended");
  await expect(page).toHaveURL(/show=ended/);
  await expect(row).toContainText("Ended");
});
