import { useEffect, useRef, useState } from "react";
import css from "./copy-button.module.css";

interface Props {
  readonly value: string;
  /** What the value is, as in "invoice id". */
  readonly noun: string;
}

/** How long the button says that the value was copied. */
const CONFIRMATION_MS = 2_000;

/** An identifier that a person entered or a system made, with a button that copies it. */
export function Copyable({ value, noun }: Props) {
  return (
    <span className={css.copyable}>
      <bdi>{value}</bdi> <CopyButton value={value} noun={noun} />
    </span>
  );
}

/** Copies a value. Where the browser does not allow it, as on pages without TLS, there is no button. */
function CopyButton({ value, noun }: Props) {
  const [isCopied, setIsCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // Undefined on pages without TLS, whatever its type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return null;
  const copy = async () => {
    await clipboard.writeText(value);
    setIsCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setIsCopied(false), CONFIRMATION_MS);
  };
  return (
    <>
      <button
        className={css.button}
        type="button"
        aria-label={`Copy ${noun}`}
        title={`Copy ${noun}`}
        // A refusal of the browser leaves the text to be selected by hand.
        onClick={() => void copy().catch(() => {})}
      >
        <span aria-hidden="true">{isCopied ? "✓" : "⧉"}</span>
      </button>
      <span className="visually-hidden" aria-live="polite">
        {isCopied && "Copied"}
      </span>
    </>
  );
}
