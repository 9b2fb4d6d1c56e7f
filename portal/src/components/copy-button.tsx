import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import css from "./copy-button.module.css";

interface Props {
  readonly value: string;
  /** What the button says to screen readers, as in "Copy invoice id". */
  readonly copyLabel: string;
}

/** How long the button says that the value was copied. */
const CONFIRMATION_MS = 2_000;

/** An identifier that a person entered or a system made, with a button that copies it. */
export function Copyable({ value, copyLabel }: Props) {
  return (
    <span className={css.copyable}>
      <bdi>{value}</bdi> <CopyButton value={value} copyLabel={copyLabel} />
    </span>
  );
}

/** Copies a value. Where the browser does not allow it, as on pages without TLS, there is no button. */
function CopyButton({ value, copyLabel }: Props) {
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
        aria-label={copyLabel}
        title={copyLabel}
        // A refusal of the browser leaves the text to be selected by hand.
        onClick={() => void copy().catch(() => {})}
      >
        {isCopied ? <span aria-hidden="true">✓</span> : <CopyIcon />}
      </button>
      <span className="visually-hidden" aria-live="polite">
        {isCopied && t`Copied`}
      </span>
    </>
  );
}

/** Two sheets, one in front of the other. */
function CopyIcon() {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.25" aria-hidden="true">
      <rect x="4.5" y="4.5" width="8" height="8" rx="1.5" />
      <path d="M9.5 4.5V3A1.5 1.5 0 0 0 8 1.5H3A1.5 1.5 0 0 0 1.5 3v5A1.5 1.5 0 0 0 3 9.5h1.5" />
    </svg>
  );
}
