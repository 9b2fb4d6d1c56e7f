import { i18n, type Messages } from "@lingui/core";

/** The languages of the pages, each by its own name. */
// eslint-disable-next-line lingui/no-unlocalized-strings
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;

export type Language = keyof typeof LANGUAGES;

const KEY = "revshare.language";

// Each is a chunk of its own, so that a page loads the words of one language only.
const CATALOGS: Readonly<Record<Language, () => Promise<{ readonly messages: Messages }>>> = {
  en: () => import("./locales/en.po"),
  de: () => import("./locales/de.po"),
};

const isLanguage = (text: string | null | undefined): text is Language => text === "en" || text === "de";

/** The language of a locale: `de` of `de-AT`. */
const languageOf = (locale: string) => locale.toLowerCase().split("-")[0];

/** The language that the user has chosen, or else the first one that the browser prefers. */
function preferredLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map(languageOf).find(isLanguage) ?? "en";
}

/** The language of the page. */
export const currentLanguage = (): Language => (isLanguage(i18n.locale) ? i18n.locale : "en");

/** The locale for dates and numbers: the one that the browser prefers in the language of the page, such as `en-GB`. */
export function formatLocale(): string {
  return navigator.languages.find((locale) => languageOf(locale) === i18n.locale) ?? i18n.locale;
}

/**
 * Loads and activates the language of the page. It must end before the modules of the pages are loaded, because they
 * translate the words of their constants once.
 */
export async function activateLanguage(): Promise<void> {
  const language = preferredLanguage();
  const { messages } = await CATALOGS[language]();
  i18n.load(language, messages);
  i18n.activate(language, navigator.languages.filter((locale) => languageOf(locale) === language).concat(language));
  document.documentElement.lang = language;
}

/** Stores the choice of a language, and loads the page again in it. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  location.reload();
}
