import { deflateSync } from "node:zlib";

import type { Page } from "@playwright/test";

import { expect, expectAccessible, expectReadable, mutate, signIn, test, visit } from "./support";

/** A PNG of one colour. */
function png(width: number, height: number): Buffer {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Buffer.concat(Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x5a)])));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const removeBranding = () => mutate("updateTenantBranding", { brandColor: null, logo: null }, "tenant { id }");

test.afterEach(removeBranding);

const logoOf = (page: Page) => page.getByRole("banner").locator("img");

test("an admin sets colour and logo, and a partner sees them in light and dark", async ({ page, browser, baseURL }) => {
  await signIn(page, "ada", "admin", "/staff/settings");
  const section = page.getByRole("region", { name: "Branding" });
  await section.getByRole("button", { name: "Edit branding…" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit branding" });
  const [color, logo] = [dialog.getByLabel("Colour"), dialog.getByLabel("Logo", { exact: true })];
  const save = dialog.getByRole("button", { name: "Save" });
  await color.fill("teal");
  await save.click();
  await expect(color).toHaveAccessibleDescription("Write a colour as in #1d4f9e, or leave the field empty");
  await color.fill("#ffd500");
  await save.click();
  await expect(color).toHaveAccessibleDescription(/has a contrast of 1\.\d:1 to the background.*as that of #[0-9a-f]{6}/);
  await color.fill("#0b7a4b");
  await logo.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: Buffer.from("<svg onload='alert(1)'/>") });
  await save.click();
  await expect(logo).toHaveAccessibleDescription("is neither a PNG nor a WebP image");
  await expectAccessible(page);
  await logo.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: png(48, 24) });
  await save.click();
  await expect(page.getByRole("status")).toContainText("The branding was saved.");
  await expect(section).toContainText("#0b7a4b");
  await expect(section.getByRole("img", { name: "The logo of the tenant" })).toBeVisible();

  const portal = await (await browser.newContext({ baseURL: baseURL ?? "", locale: "en-US" })).newPage();
  await signIn(portal, "paula", "partner");
  await expect(portal.getByTestId("commission-row").first()).toBeVisible();
  await expect(logoOf(portal)).toHaveAttribute("src", /^data:image\/png;base64,/);
  expect(await logoOf(portal).evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(48);
  const linkColor = () => portal.getByRole("link", { name: "All commissions" }).evaluate((link) => getComputedStyle(link).color);
  await expectAccessible(portal);
  expect(await linkColor()).toBe("rgb(11, 122, 75)");
  await portal.emulateMedia({ colorScheme: "dark" });
  await expectReadable(portal);
  expect(await linkColor()).not.toBe("rgb(11, 122, 75)");
  await visit(portal, "/partners/referrals");
  await expect(portal.getByRole("button", { name: "Submit a lead" })).toBeVisible();
  await expectAccessible(portal);
  await portal.emulateMedia({ colorScheme: "light" });
  await expectReadable(portal);
  await portal.context().close();
});
