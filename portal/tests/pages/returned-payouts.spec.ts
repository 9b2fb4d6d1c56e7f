import {
  approveAndPay, createPartner, expect, expectAccessible, expectFitsWidth, mutate, recordInvoice, request, signIn, signInGerman,
  test,
} from "./support";

/** A completed payout of 150.00 USD to a new partner. */
async function completedPayout() {
  const partner = await createPartner();
  const payout = await approveAndPay(partner, [await recordInvoice(partner, "1000.00", 3)]);
  await mutate("completePayout", { id: payout, paymentReference: "WIRE-3" }, "payout { id }");
  return { partner, payout };
}

test("finance returns a completed payout, with errors at the fields, and its credit note is downloaded", async ({ page }) => {
  const { partner, payout } = await completedPayout();
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${payout}`);
  const drawer = page.getByRole("dialog", { name: "Payout", exact: true });
  await drawer.getByRole("button", { name: "Return…" }).click();
  const dialog = page.getByRole("dialog", { name: "Has the money of this payout come back?" });
  await dialog.getByRole("button", { name: "Return", exact: true }).click();
  await expect(dialog.getByLabel("Reason")).toBeFocused();
  await dialog.getByLabel("Reason").fill("the account is closed");
  await dialog.getByLabel("Back on").fill("2020-01-01");
  await dialog.getByRole("button", { name: "Return", exact: true }).click();
  await expect(dialog.getByText("must lie between the completion of the payout and now")).toBeVisible();
  await expect(dialog.getByLabel("Back on")).toBeFocused();
  await expectAccessible(page);
  // The day on which the money arrived: not before it arrived.
  const query = "query ($id: ID!) { payout(id: $id) { status completedAt returnedAt creditNote { number } } viewer { tenant { timeZone } } }";
  const { viewer } = await request(query, { id: payout });
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: viewer.tenant.timeZone }).format(new Date());
  await dialog.getByLabel("Back on").fill(day);
  await dialog.getByRole("button", { name: "Return", exact: true }).click();
  await expect(drawer).toContainText("Return reason: the account is closed");
  await expect(drawer.getByRole("region", { name: "Timeline" }).getByRole("listitem")).toHaveText([
    /^Created/, /^Completed/, /^Returned/,
  ]);
  const { payout: returned } = await request(query, { id: payout });
  expect(returned.returnedAt).toBe(returned.completedAt);
  const { number } = returned.creditNote;
  await expect(drawer.getByRole("heading", { name: `Credit note ${number}` })).toBeVisible();
  const started = page.waitForEvent("download");
  await drawer.getByRole("button", { name: `CSV of statement ${number}` }).click();
  await started;
  await expectAccessible(page);

  await page.goto(`/staff/statements?kind=CREDIT_NOTE&partnerId=${partner.id}`);
  await expect(page.getByTestId("statement-row")).toHaveCount(1);
  await expect(page.getByTestId("statement-row")).toContainText(/Credit note.*-\$150\.00/);
});

test.describe("in German", () => {
  test.use({ locale: "de-DE" });

  test("a partner sees that the money came back, and why", async ({ page }) => {
    const { partner, payout } = await completedPayout();
    await mutate("returnPayout", { id: payout, reason: "the account is closed" }, "payout { id }");
    await page.setViewportSize({ width: 360, height: 800 });
    await signInGerman(page, partner.user, "partner", `/partners/payouts?payout=${payout}`);
    const drawer = page.getByRole("dialog");
    await expect(drawer.getByRole("region", { name: "Zeitachse" }).getByRole("listitem")).toHaveCount(3);
    await expectFitsWidth(page);
    await expectAccessible(page);
    await page.goto("/partners/revenue");
    await expect(page.getByRole("region", { name: "Zurückgekommene Auszahlung" })).toContainText("the account is closed");
    await expectFitsWidth(page);
  });
});
