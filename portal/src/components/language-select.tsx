import { t } from "@lingui/core/macro";
import { chooseLanguage, currentLanguage, type Language, LANGUAGES } from "../language";

const OPTIONS = Object.entries(LANGUAGES) as [Language, string][];

/** Chooses the language of the pages. */
export function LanguageSelect() {
  return (
    <select
      className="language"
      aria-label={t`Language`}
      value={currentLanguage()}
      onChange={({ target }) => {
        const option = OPTIONS.find(([language]) => language === target.value);
        if (option) chooseLanguage(option[0]);
      }}
    >
      {OPTIONS.map(([language, name]) => (
        <option key={language} value={language} lang={language}>
          {name}
        </option>
      ))}
    </select>
  );
}
