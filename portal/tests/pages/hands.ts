import type { Locator, Page } from "@playwright/test";

import { expect } from "./support";

/** How a user works with the portal: with the mouse, or with the keyboard alone. */
export interface Hands {
  readonly name: string;
  press(locator: Locator): Promise<void>;
  fill(locator: Locator, text: string): Promise<void>;
  /** Fills a date in the form of an attribute, `2026-03-01`. */
  fillDate(locator: Locator, date: string): Promise<void>;
  tick(locator: Locator): Promise<void>;
  /** Chooses the option with a label. */
  choose(locator: Locator, label: string): Promise<void>;
}

/** Works with the mouse; text is entered with the keyboard. */
export const mouse: Hands = {
  name: "mouse",
  press: (locator) => locator.click(),
  fill: (locator, text) => locator.fill(text),
  fillDate: (locator, date) => locator.fill(date),
  tick: (locator) => locator.check(),
  choose: async (locator, label) => void (await locator.selectOption(label)),
};

/** More stops than any page of the tests has. */
const STOPS_MAX = 400;

/** Whether an element has the focus; null if it was replaced. */
const isFocused = (element: Element) => (element.isConnected ? element === document.activeElement : null);

/** Moves the focus with the Tab key until an element has it. */
async function tabTo(page: Page, locator: Locator): Promise<void> {
  await expect(locator).toBeVisible();
  // To look for it at each stop would take most of the time.
  let element = await locator.elementHandle();
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    const hasFocus = await element?.evaluate(isFocused);
    if (hasFocus) return;
    if (hasFocus === null) element = await locator.elementHandle();
    else await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach ${locator}`);
}

/** Works with the keyboard alone, by the keys that the browser offers. */
export const keyboard = (page: Page): Hands => ({
  name: "keyboard",
  async press(locator) {
    await tabTo(page, locator);
    await page.keyboard.press("Enter");
  },
  async fill(locator, text) {
    await tabTo(page, locator);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(text);
  },
  async fillDate(locator, date) {
    await tabTo(page, locator);
    const [year = "", month = "", day = ""] = date.split("-");
    await page.keyboard.type(`${month}${day}${year}`);
    await expect(locator).toHaveValue(date);
  },
  async tick(locator) {
    await tabTo(page, locator);
    await page.keyboard.press("Space");
    await expect(locator).toBeChecked();
  },
  async choose(locator, label) {
    await tabTo(page, locator);
    await page.keyboard.type(label);
    await expect(locator.locator("option:checked")).toHaveText(label);
  },
});
