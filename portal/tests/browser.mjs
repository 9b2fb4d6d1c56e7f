// The browser that pages are tried in.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Its program: the one that is named by $CHROMIUM, or that is installed, or else the one that playwright brought. */
export function program() {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"].filter(Boolean);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const apps = ["Google Chrome", "Chromium"].map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`);
  const installed = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.env.CHROMIUM || [...installed, ...apps].find((path) => existsSync(path));
}

/** What it is started with: works as root and without a screen, and asks nobody anything by itself. */
export const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
