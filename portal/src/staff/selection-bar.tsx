import type { ReactNode } from "react";
import css from "./selection-bar.module.css";

/** The acts on the selected rows at the lower edge of a narrow window, in which those above the list are out of sight. */
export function SelectionBar({ children }: { readonly children: ReactNode }) {
  return <div className={css.bar}>{children}</div>;
}
