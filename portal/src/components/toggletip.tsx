import { t } from "@lingui/core/macro";
import { type CSSProperties, useId } from "react";
import css from "./toggletip.module.css";

interface Props {
  /** The word that is explained. */
  readonly term: string;
  readonly text: string;
}

/** A button beside a word that shows what the word means. The browser closes it on Escape, and on a click elsewhere. */
export function Toggletip({ term, text }: Props) {
  const id = useId();
  const anchor = { "--anchor": `--tip-${id.replace(/[^\w-]/g, "")}` } as CSSProperties;
  return (
    <span className={css.toggletip} style={anchor}>
      <button className={css.button} type="button" popoverTarget={id} aria-label={t`What does “${term}” mean?`}>
        <span aria-hidden="true">?</span>
      </button>
      <span id={id} className={css.text} popover="auto" role="note">
        {text}
      </span>
    </span>
  );
}
