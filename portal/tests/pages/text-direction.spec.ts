import { createPartner, expect, mutate, recordInvoice, signIn, test } from "./support";

const HEBREW = "\u05d7\u05d1\u05e8\u05ea \u05d0\u05d5\u05e8";

test("a name that is written from right to left does not reorder what comes after it", async ({ page }) => {
  const partner = await createPartner("CZK");
  await mutate("updatePartner", { id: partner.id, companyName: HEBREW }, "partner { id }");
  const event = await recordInvoice(partner, "100.00", 1, "CZK");
  await mutate("approveCommissionEvents", { ids: [event] }, "commissionEvents { id }");
  await mutate("updatePartner", { id: partner.id, status: "SUSPENDED" }, "partner { id }");
  await signIn(page, "fiona", "finance", "/staff/payouts");
  await page.getByRole("button", { name: "Run payouts…" }).click();
  const run = page.getByRole("dialog", { name: "Run payouts" });
  await run.getByLabel("Currency").fill("CZK");
  await run.getByRole("button", { name: "Preview" }).click();
  const skipped = run.getByRole("listitem").filter({ hasText: HEBREW });
  await expect(skipped).toContainText("15.00");
  // The amount begins with digits, which would be displayed to the left of the name if it were not isolated.
  const [nameEnd, amountStart] = await skipped.evaluate((item) => {
    const rects = (node: Node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return range.getBoundingClientRect();
    };
    const name = item.querySelector("bdi")!;
    return [rects(name).right, rects(name.nextElementSibling!).left];
  });
  expect(amountStart).toBeGreaterThanOrEqual(nameEnd);
  await mutate("updatePartner", { id: partner.id, status: "ACTIVE" }, "partner { id }");
});

test("the names of a lead are isolated", async ({ page }) => {
  const partner = await createPartner();
  const lead = { partnerId: partner.id, companyName: HEBREW, contactName: "\u05e9\u05dc\u05d5\u05dd (3)", contactEmail: "a@example.com" };
  await mutate("submitReferralLead", lead, "referralLead { id }");
  // Staff see the names of a lead that staff have submitted; for the partner they are masked.
  await signIn(page, "ada", "admin", `/partners/referrals?partner=${partner.id}`);
  const cell = page.getByRole("table", { name: "Leads" }).getByRole("cell").filter({ hasText: HEBREW });
  await expect(cell.locator("bdi")).toHaveText([HEBREW, "\u05e9\u05dc\u05d5\u05dd (3)"]);
});
