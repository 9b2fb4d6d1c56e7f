import { defineConfig } from "@playwright/test";
import { ARGUMENTS, program } from "./tests/browser.mjs";

// The pages, against a server that runs: $ORIGIN, with the demo, and $SECRET, which its tokens are signed with.
const executablePath = program();

export default defineConfig({
  testDir: "tests/pages",
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  reporter: "list",
  outputDir: "node_modules/.cache/pages",
  // For a slow machine that does other things too; whoever waits, waits for something.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  // One needs a server with an identity provider, and the others one without.
  projects: [
    { name: "pages", testIgnore: "provider.spec.ts" },
    { name: "provider", testMatch: "provider.spec.ts" },
  ],
  use: {
    baseURL: process.env.ORIGIN,
    locale: "en-US",
    // Far from the tenant: dates must be the tenant's.
    timezoneId: "Asia/Tokyo",
    viewport: { width: 1280, height: 800 },
    launchOptions: { args: ARGUMENTS, ...(executablePath && { executablePath }) },
  },
});
