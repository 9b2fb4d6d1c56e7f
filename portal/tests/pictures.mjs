// Takes the pictures of the README: node tests/pictures.mjs <origin> <folder>, of a server with the demo.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ARGUMENTS, program } from "./browser.mjs";

const [origin, folder] = process.argv.slice(2);
if (!origin || !folder) {
  console.error("usage: node tests/pictures.mjs <origin> <folder>");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const { demo } = await (await fetch(new URL("/sign-in/options", origin))).json();
const browser = await chromium.launch({ executablePath: program(), args: ARGUMENTS });

async function picture(name, user, path, { height = 1000, width = 1280, colorScheme = "light", ready }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(new URL(path, origin).href);
  await page.getByLabel("Token", { exact: true }).fill(demo.find((one) => one.user === user).token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator(ready).first().waitFor();
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  await context.close();
}

await picture("portal", "paula", "/partners/revenue", { ready: ".recharts-bar-rectangle path" });
await picture("portal-dark", "paula", "/partners/revenue", { width: 400, colorScheme: "dark", ready: ".recharts-bar-rectangle path" });
await picture("staff", "fiona", "/staff", { height: 720, ready: "[data-testid=queued-commission]" });
await browser.close();
