// The Chromium in which the pages are tested.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of Chromium: $CHROMIUM, or an installed one; undefined means the one that Playwright downloaded. */
export function chromiumPath() {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"].filter(Boolean);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const apps = ["Google Chrome", "Chromium"].map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`);
  const installed = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return process.env.CHROMIUM || [...installed, ...apps].find((path) => existsSync(path));
}

// Of several --disable-features the last one counts, so that those of Playwright are repeated, as far as they matter here. The
// others are windows below the address bar, which nobody sees, and which take as much time as the pages do.
const DISABLED_FEATURES = [
  "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying",
  "OptimizationHints", "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
  "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup",
];

/** Lets Chromium run as root and without a display, and keeps it from making requests of its own. */
export const LAUNCH_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  `--disable-features=${DISABLED_FEATURES.join(",")}`,
];
