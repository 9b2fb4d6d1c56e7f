import { createPartner, expect, expectAccessible, mutate, signIn, test } from "./support";

test("the funnel counts the leads by stage", async ({ page }) => {
  const partner = await createPartner();
  for (const [n, statuses] of [[], ["CONTACTED"], ["CONTACTED", "QUALIFIED", "LOST"], ["CONVERTED"]].entries()) {
    const contact = { contactName: "Ada", contactEmail: "ada@example.com" };
    const lead = { partnerId: partner.id, companyName: `Company ${n}`, ...contact };
    const { referralLead } = await mutate("submitReferralLead", lead, "referralLead { id }");
    for (const status of statuses) await mutate("advanceReferralLead", { id: referralLead.id, status }, "referralLead { id }");
  }
  await signIn(page, partner.user, "partner", "/partners/referrals");
  const stages = page.getByRole("list", { name: "Conversion funnel" }).getByRole("listitem");
  await expect(stages).toHaveText([
    /Submitted4 \(100\.0%\)/,
    /Contacted3 \(75\.0%\)median same day/,
    /Qualified2 \(50\.0%\)/,
    /Converted1 \(25\.0%\)/,
  ]);
  await expect(page.getByText("25.0%", { exact: true })).toBeVisible();
  await expectAccessible(page);

  await page.getByLabel("Status").selectOption("LOST");
  await expect(page.getByRole("table", { name: "Leads" }).getByRole("row")).toHaveCount(2);
  await expect(page).toHaveURL(/status=LOST/);
  await page.getByLabel("Status").selectOption("INVALID");
  await expect(page.getByText("No leads match these filters.")).toBeVisible();
});

test("a lead is submitted, and validation errors are shown at their fields", async ({ page }) => {
  const partner = await createPartner("EUR");
  await signIn(page, partner.user, "partner", "/partners/referrals");
  await expect(page.getByText("No leads yet.")).toBeVisible();
  await page.getByRole("button", { name: "Submit a lead" }).click();
  const form = page.getByRole("dialog", { name: "Submit a lead" });
  await expectAccessible(page);
  const submit = form.getByRole("button", { name: "Submit", exact: true });
  const expectFieldError = async (label: string, text: RegExp) => {
    await submit.click();
    const field = form.getByLabel(label);
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toHaveAccessibleDescription(text);
  };
  await expectFieldError("Contact name", /empty|1 to 255|must/);
  await form.getByLabel("Contact name").fill("Ada Ash");
  await form.getByLabel("E-mail").fill("ada at example");
  await expectFieldError("E-mail", /e-mail/i);
  await form.getByLabel("E-mail").fill("ada@example.com");
  await form.getByLabel("Estimated value in EUR").fill("1,500");
  await expectFieldError("Estimated value in EUR", /as in 1500\.00/);
  await form.getByLabel("Estimated value in EUR").fill("1500.005");
  await expectFieldError("Estimated value in EUR", /decimals/);
  await form.getByLabel("Estimated value in EUR").fill("1500.50");
  await form.getByLabel("Company").fill("Ash & Co");
  await submit.click();
  await expect(page.getByRole("status")).toContainText("Ash & Co was submitted");
  await expect(page.getByRole("table", { name: "Leads" })).toContainText("€1,500.50");
  await expect(page.getByRole("list", { name: "Conversion funnel" })).toContainText("Submitted1");
});
