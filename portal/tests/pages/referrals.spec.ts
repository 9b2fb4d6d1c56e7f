import { act, demandAccessible, expect, partner, signIn, test } from "./support";

test("the funnel is what the stages of the leads say", async ({ page }) => {
  const story = await partner();
  for (const [n, statuses] of [[], ["CONTACTED"], ["CONTACTED", "QUALIFIED", "LOST"], ["CONVERTED"]].entries()) {
    const lead = { partnerId: story.id, companyName: `Company ${n}`, contactName: "Ada", contactEmail: "ada@example.com" };
    const { referralLead } = await act("submitReferralLead", lead, "referralLead { id }");
    for (const status of statuses) await act("advanceReferralLead", { id: referralLead.id, status }, "referralLead { id }");
  }
  await signIn(page, story.user, "partner", "/partners/referrals");
  const stages = page.getByRole("list", { name: "Conversion funnel" }).getByRole("listitem");
  await expect(stages).toHaveText([/Submitted4 \(100\.0%\)/, /Contacted3 \(75\.0%\)median same day/, /Qualified2 \(50\.0%\)/, /Converted1 \(25\.0%\)/]);
  await expect(page.getByText("25.0%", { exact: true })).toBeVisible();
  await demandAccessible(page);

  await page.getByLabel("Status").selectOption("LOST");
  await expect(page.getByRole("table", { name: "Leads" }).getByRole("row")).toHaveCount(2);
  await expect(page).toHaveURL(/status=LOST/);
  await page.getByLabel("Status").selectOption("INVALID");
  await expect(page.getByText("No lead is like that.")).toBeVisible();
});

test("a lead is submitted; what is wrong with it is said at the field", async ({ page }) => {
  const story = await partner("EUR");
  await signIn(page, story.user, "partner", "/partners/referrals");
  await expect(page.getByText("No leads yet.")).toBeVisible();
  await page.getByRole("button", { name: "Submit a lead" }).click();
  const form = page.getByRole("dialog", { name: "Submit a lead" });
  await demandAccessible(page);
  const submit = form.getByRole("button", { name: "Submit", exact: true });
  const wrong = async (label: string, text: RegExp) => {
    await submit.click();
    const field = form.getByLabel(label);
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(text);
  };
  await wrong("Contact name", /empty|1 to 255|must/);
  await form.getByLabel("Contact name").fill("Ada Ash");
  await form.getByLabel("E-mail").fill("ada at example");
  await wrong("E-mail", /e-mail/i);
  await form.getByLabel("E-mail").fill("ada@example.com");
  await form.getByLabel("Estimated value in EUR").fill("1,500");
  await wrong("Estimated value in EUR", /as in 1500\.00/);
  await form.getByLabel("Estimated value in EUR").fill("1500.005");
  await wrong("Estimated value in EUR", /decimals/);
  await form.getByLabel("Estimated value in EUR").fill("1500.50");
  await form.getByLabel("Company").fill("Ash & Co");
  await submit.click();
  await expect(page.getByRole("status")).toContainText("Ash & Co is submitted");
  await expect(page.getByRole("table", { name: "Leads" })).toContainText("€1,500.50");
  await expect(page.getByRole("list", { name: "Conversion funnel" })).toContainText("Submitted1");
});
