import { defineConfig } from "@playwright/test";
import { chromiumPath, LAUNCH_ARGUMENTS } from "./tests/browser.mjs";

// Tests the portal against a running server: ORIGIN is its URL, and SECRET the key that signs its tokens. The server
// must have the demo tenant.
const executablePath = chromiumPath();

export default defineConfig({
  testDir: "tests/pages",
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  reporter: "list",
  outputDir: "node_modules/.cache/pages",
  // Generous, for slow and busy machines. A passing test does not wait.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // The `oidc` project needs a server with an identity provider, the others one without.
  projects: [
    { name: "pages", testIgnore: "oidc.spec.ts" },
    { name: "oidc", testMatch: "oidc.spec.ts" },
  ],
  use: {
    baseURL: process.env.ORIGIN,
    locale: "en-US",
    // Far from the time zone of the demo tenant, in which dates must be shown.
    timezoneId: "Asia/Tokyo",
    viewport: { width: 1280, height: 800 },
    // What moves while it loads is painted again and again, which takes time and is not examined.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: { args: LAUNCH_ARGUMENTS, ...(executablePath && { executablePath }) },
  },
});
