import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

import type { Page } from "@playwright/test";

import {
  approveAndPay, createPartner, expect, expectAccessible, mutate, recordInvoice, request, signIn, test,
} from "./support";

/** Downloads a file of a statement, and returns its bytes. */
async function download(page: Page, name: string): Promise<Buffer> {
  const started = page.waitForEvent("download");
  await page.getByRole("button", { name }).first().click();
  return readFile(await (await started).path());
}

test("a partner downloads the statement of a completed payout", async ({ page }) => {
  const partner = await createPartner();
  const payout = await approveAndPay(partner, [await recordInvoice(partner, "1000.00", 3)]);
  await mutate("completePayout", { id: payout, paymentReference: "WIRE-1" }, "payout { id }");
  const query = "query ($id: ID!) { payout(id: $id) { statement { number contentHash } } }";
  const { number, contentHash } = (await request(query, { id: payout })).payout.statement;

  await signIn(page, partner.user, "partner", "/partners/statements");
  await expect(page.getByTestId("statement-row")).toContainText(number);
  await expect(page.getByTestId("statement-row")).toContainText("$150.00");
  await expectAccessible(page);
  const csv = await download(page, `CSV of statement ${number}`);
  expect(createHash("sha256").update(csv).digest("hex")).toBe(contentHash);
  const pdf = await download(page, `PDF of statement ${number}`);
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  expect(page.url()).not.toContain("token");

  await page.goto(`/partners/payouts?payout=${payout}`);
  const dialog = page.getByRole("dialog", { name: "Payout", exact: true });
  await expect(dialog.getByRole("heading", { name: `Statement ${number}` })).toBeVisible();
  await expectAccessible(page);
});

test("finance issues the statements of accounts", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "100.00", 3);
  await signIn(page, "fiona", "finance", "/staff/statements");
  await page.getByRole("button", { name: "Issue account statements…" }).click();
  await expectAccessible(page);
  await page.getByRole("dialog").getByRole("button", { name: "Issue statements" }).click();
  await expect(page.getByRole("status")).toContainText(/Issued \d+ statements?\./);
  await page.goto(`/staff/statements?partnerId=${partner.id}`);
  await expect(page.getByTestId("statement-row")).toContainText("closing balance");
  await expect(page.getByTestId("statement-row")).toContainText("$15.00");
});
