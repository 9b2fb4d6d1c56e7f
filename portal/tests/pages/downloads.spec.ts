import { readFile } from "node:fs/promises";

import type { Download, Page } from "@playwright/test";

import { createPartner, expect, expectAccessible, recordInvoice, signIn, test } from "./support";

/** Clicks a button of the files of a list, and waits until the file has arrived. */
async function downloadFile(page: Page, list: string, format: string): Promise<Download> {
  const download = page.waitForEvent("download");
  await page.getByRole("group", { name: `Files of ${list}` }).getByRole("button", { name: format }).click();
  return download;
}

test("a list is downloaded with its filter, and the token is not in the address", async ({ page }) => {
  const partner = await createPartner();
  await recordInvoice(partner, "100.00", 3);
  await recordInvoice(partner, "200.00", 2);
  await recordInvoice(partner, "300.00", 400);
  const from = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
  await signIn(page, partner.user, "partner", `/partners/commissions?from=${from}&sort=commission-asc`);
  await expect(page.getByTestId("commission-row")).toHaveCount(2);
  const csv = await downloadFile(page, "commission events", "CSV");
  expect(csv.suggestedFilename()).toBe("commission-events.csv");
  expect(csv.url()).not.toContain("access_token");
  const lines = (await readFile(await csv.path(), "utf8")).split("\r\n");
  expect(lines[0]).toMatch(/^event_id,partner_number,/);
  expect(lines.slice(1).map((line) => line.match(/,(\d+\.\d\d),USD,/)?.[1])).toEqual(["15.00", "30.00", undefined]);

  const workbook = await downloadFile(page, "commission events", "Excel");
  expect(workbook.suggestedFilename()).toBe("commission-events.xlsx");
  expect((await readFile(await workbook.path())).subarray(0, 2).toString()).toBe("PK");
  // The page keeps no token in its document.
  await expect(page.locator("input[name=access_token]").first()).toHaveValue("");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expectAccessible(page);
});

test("staff download the lists of all partners", async ({ page }) => {
  await signIn(page, "fiona", "finance", "/staff/payouts?status=COMPLETED");
  const payouts = await downloadFile(page, "payouts", "CSV");
  const lines = (await readFile(await payouts.path(), "utf8")).split("\r\n").slice(1, -1);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) expect(line).toContain(",COMPLETED,");
  await page.goto("/staff/partners");
  expect((await downloadFile(page, "partners", "Excel")).suggestedFilename()).toBe("partners.xlsx");
});

test("a download that is rejected shows the reason", async ({ page, monitor }) => {
  const message = "this user has as many downloads in progress as it may have; wait until one has ended";
  const errors = [{ message, extensions: { code: "LIMIT_EXCEEDED" } }];
  await page.route("**/download/**", (route) => route.fulfill({ status: 429, json: { errors } }));
  await signIn(page, "fiona", "finance", "/staff/partners");
  await page.getByRole("group", { name: "Files of partners" }).getByRole("button", { name: "CSV" }).click();
  await expect(page.getByRole("alert")).toContainText(message);
  expect(monitor.problems.splice(0).join()).toContain("429");
});
