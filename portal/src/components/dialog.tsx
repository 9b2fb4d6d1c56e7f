import { type ReactNode, useEffectEvent, useId, useLayoutEffect, useRef } from "react";
import css from "./dialog.module.css";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  /** `modal` is centred, for forms and confirmations; `drawer` is at the side, for details. */
  readonly variant: "modal" | "drawer";
  readonly children: ReactNode;
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
    return () => {
      // Closing before the element is removed returns the focus to the element that had it before.
      element.removeEventListener("close", handleClose);
      element.close();
    };
  }, []);

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
          <h2 id={id}>{title}</h2>
          <button className={css.close} type="button" aria-label="Close" onClick={close}>
            <span aria-hidden="true">✕</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
