// Takes the screenshots of the README, of a server with the demo tenant:
//   node tests/screenshots.mjs <origin> <folder>

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { chromiumPath, LAUNCH_ARGUMENTS } from "./browser.mjs";

const [origin, folder] = process.argv.slice(2);
if (!origin || !folder) {
  console.error("usage: node tests/screenshots.mjs <origin> <folder>");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const { demo: users } = await (await fetch(new URL("/sign-in/options", origin))).json();
const browser = await chromium.launch({ executablePath: chromiumPath(), args: LAUNCH_ARGUMENTS });

/** Signs in, opens a path, waits for the element `ready`, and writes a screenshot. */
async function takeScreenshot(name, userId, path, { height = 1000, width = 1280, colorScheme = "light", ready }) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(new URL(path, origin).href);
  await page.getByLabel("Token", { exact: true }).fill(users.find(({ user }) => user === userId).token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator(ready).first().waitFor();
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
  await context.close();
}

const chartBar = ".recharts-bar-rectangle path";
await takeScreenshot("portal", "paula", "/partners/revenue", { ready: chartBar });
await takeScreenshot("portal-dark", "paula", "/partners/revenue", { width: 400, colorScheme: "dark", ready: chartBar });
await takeScreenshot("staff", "fiona", "/staff", { height: 720, ready: "[data-testid=queued-commission]" });
await browser.close();
