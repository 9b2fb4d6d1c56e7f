import { t } from "@lingui/core/macro";
import { type ReactNode, useEffectEvent, useId, useLayoutEffect, useRef } from "react";
import css from "./dialog.module.css";
import { ToastOutlet } from "./toasts";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  /** `modal` is centred, for forms and confirmations; `drawer` is at the side, for details. */
  readonly variant: "modal" | "drawer";
  readonly children: ReactNode;
}

const FIELDS = "input:not([type=hidden], [type=checkbox]), select, textarea";

/** Whether the focus is on nothing, or on a button that cannot be used any more, which is about to lose it. */
function isFocusLost(): boolean {
  const active = document.activeElement;
  return !active || active === document.body || active.matches(":disabled");
}

/** Moves a lost focus to the heading of the dialog in front, or of the page, where screen readers continue. */
function recoverFocus(): void {
  if (!isFocusLost()) return;
  const dialogs = document.querySelectorAll<HTMLDialogElement>("dialog[open]");
  const heading = [...dialogs].at(-1)?.querySelector("h2") ?? document.querySelector("h1");
  heading?.focus({ preventScroll: true });
}

/**
 * A modal `<dialog>`, closed by its button, by Escape, or by a click on the backdrop. It is open until its parent removes
 * it: closing it may go back in the history, which the browser does later, and a link followed before that would be
 * undone.
 */
export function Dialog({ title, onClose, variant, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isClosing = useRef(false);
  const id = useId();
  const close = () => {
    if (isClosing.current) return;
    isClosing.current = true;
    onClose();
  };
  // Chromium closes the dialog itself when Escape is pressed twice, whatever `onCancel` does.
  const handleClose = useEffectEvent(close);

  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.addEventListener("close", handleClose);
    element.showModal();
    // The first field rather than the button that closes.
    if (variant === "modal") (element.querySelector<HTMLElement>(FIELDS) ?? element.querySelector("h2"))?.focus();
    // An act removes the buttons that are not possible after it, and with them the focus.
    const observer = new MutationObserver(recoverFocus);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      // Closing before the element is removed returns the focus to the element that had it before.
      element.removeEventListener("close", handleClose);
      element.close();
      // After the act for which the dialog was opened, that element may be gone or disabled.
      setTimeout(recoverFocus);
    };
  }, [variant]);

  return (
    <dialog
      ref={dialog}
      className={`${css.dialog} ${css[variant]}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div className={css.content}>
        <div className={css.header}>
          <h2 id={id} tabIndex={-1}>
            {title}
          </h2>
          <button className={css.close} type="button" aria-label={t`Close`} onClick={close}>
            <span aria-hidden="true">✕</span>
          </button>
        </div>
        {children}
      </div>
      {variant === "drawer" && <ToastOutlet />}
    </dialog>
  );
}
