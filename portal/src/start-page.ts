import { activateLanguage } from "./language";

interface Page {
  readonly render: (element: HTMLElement) => void;
}

// In both languages: it may be the words that could not be loaded.
// eslint-disable-next-line lingui/no-unlocalized-strings
const FAILED = "This page could not be loaded. Please reload it. · Diese Seite konnte nicht geladen werden. Bitte laden Sie sie neu.";

/** Activates the language, and then loads a page and renders it. */
export async function startPage(load: () => Promise<Page>): Promise<void> {
  const element = document.getElementById("page");
  if (!element) return;
  try {
    await activateLanguage();
    const { render } = await load();
    render(element);
  } catch {
    element.textContent = FAILED;
  }
}
