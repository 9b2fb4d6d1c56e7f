import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { expect, type Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

/** The script of axe, which becomes the global object `axe` of a page. */
const SCRIPT = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The page with axe. */
interface Examined {
  readonly axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
}

/** The rules whose result depends on the colours of a page. */
const COLOR_RULES = ["color-contrast", "link-in-text-block"];

// What is not shown is not computed: the elements that pass, and the style sheets, which no rule of ours reads.
const OPTIONS: RunOptions = { resultTypes: ["violations"], preload: { assets: ["media"] } };

/** Runs axe in the page itself, which has no frames that are visible. The script stays until the page is left. */
async function expectNoViolations(page: Page, options: RunOptions): Promise<void> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(SCRIPT);
  const messages = await page.evaluate(async (options) => {
    const { violations } = await (globalThis as unknown as Examined).axe.run(document, options);
    return violations.map(({ id, nodes }) =>
      [id, ...nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`)].join("\n"),
    );
  }, options);
  expect(messages).toEqual([]);
}

/** Expects that axe finds no violations on the page. */
export const expectAccessible = (page: Page): Promise<void> => expectNoViolations(page, OPTIONS);

/** Expects that the colours of a page have enough contrast, which was examined in other colours before. */
export const expectReadable = (page: Page): Promise<void> =>
  expectNoViolations(page, { ...OPTIONS, runOnly: { type: "rule", values: COLOR_RULES } });
