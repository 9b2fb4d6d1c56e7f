import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { createRoot } from "react-dom/client";
import { App } from "./app";

/** Renders GraphiQL with its sign-in form. */
export function render(element: HTMLElement): void {
  createRoot(element).render(
    <I18nProvider i18n={i18n}>
      <App />
    </I18nProvider>,
  );
}
