import type { Page } from "@playwright/test";

import { approveAndPay, createPartner, expect, expectAccessible, recordInvoice, request, signIn, test } from "./support";

const statusOf = async (id: string) => (await request(`{ commissionEvent(id: "${id}") { status } }`)).commissionEvent.status;

/** Lets the toast stay until it is dismissed: it does not close under the mouse. */
const keepToast = (page: Page) => page.getByRole("status").hover();

test("an approval of selected commissions is undone with the keyboard", async ({ page }) => {
  const partner = await createPartner();
  const events = [await recordInvoice(partner, "100.00", 3), await recordInvoice(partner, "200.00", 2)];
  await signIn(page, "fiona", "finance", `/staff?partnerId=${partner.id}`);
  await page.getByLabel("Select all on this page").check();
  await page.getByRole("button", { name: /^Approve 2 selected/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
  await expect(page.getByRole("status")).toContainText("Approved 2 commissions: $45.00.");
  // The button that opened the dialog is disabled now.
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expectAccessible(page);
  expect(await statusOf(events[0]!)).toBe("APPROVED");
  await page.keyboard.press("F8");
  await expect(page.getByRole("button", { name: "Undo" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("status")).toContainText("The approval of 2 commissions was undone.");
  await keepToast(page);
  await expect(page.getByTestId("queued-commission")).toHaveCount(2);
  for (const event of events) expect(await statusOf(event)).toBe("PENDING");
  await page.getByRole("button", { name: "Dismiss" }).click();
  await expect(page.getByRole("status")).toHaveCount(0);
});

test("an approval of everything that matches is undone, and nothing else", async ({ page }) => {
  const partner = await createPartner();
  const earlier = await recordInvoice(partner, "5.00", 9);
  await approve(partner.id, page);
  await page.getByRole("button", { name: "Dismiss" }).click();
  const events: string[] = [];
  for (let n = 0; n < 3; n += 1) events.push(await recordInvoice(partner, "10.00", 3));
  await approve(partner.id, page);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("status")).toContainText("The approval of 3 commissions was undone.");
  for (const event of events) expect(await statusOf(event)).toBe("PENDING");
  expect(await statusOf(earlier)).toBe("APPROVED");
});

/** Approves all pending commissions of a partner. */
async function approve(partnerId: string, page: Page) {
  if (page.url() === "about:blank") await signIn(page, "fiona", "finance", `/staff?partnerId=${partnerId}`);
  else await page.reload();
  await page.getByRole("button", { name: "Approve all matching…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^Approve \d/ }).click();
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
}

test("the success of an act is shown in front of the sheet, which keeps the focus", async ({ page }) => {
  const partner = await createPartner();
  const id = await approveAndPay(partner, [await recordInvoice(partner, "200.00", 2)]);
  await signIn(page, "fiona", "finance", `/staff/payouts?payout=${id}`);
  const sheet = page.getByRole("dialog", { name: "Payout", exact: true });
  await sheet.getByRole("button", { name: "Complete" }).click();
  const confirmation = page.getByRole("dialog", { name: "Complete this payout?" });
  // The first field, not the button that closes.
  await expect(confirmation.getByLabel("Payment reference")).toBeFocused();
  await page.keyboard.type("WIRE-1");
  await page.keyboard.press("Enter");
  await expect(sheet.getByRole("status")).toContainText("Payout completed: $30.00");
  await keepToast(page);
  await expect(sheet.getByRole("button", { name: "Complete" })).toHaveCount(0);
  await expect(sheet.locator(":focus")).toHaveCount(1);
  await expectAccessible(page);
  await sheet.getByRole("button", { name: "Dismiss" }).click();
  await expect(sheet.getByRole("status")).toHaveCount(0);
});
