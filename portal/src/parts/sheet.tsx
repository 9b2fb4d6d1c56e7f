import { type ReactNode, useEffectEvent, useId, useLayoutEffect, useRef } from "react";
import css from "./sheet.module.css";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  /** Whether it asks something, and stands in the middle; else it shows more of something, at the side. */
  readonly isQuestion?: boolean;
  readonly children: ReactNode;
}

/** Something over the page, until it is closed: by its button, by Escape, or by a click beside it. */
export function Sheet({ title, onClose, isQuestion = false, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const closed = useEffectEvent(onClose);

  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.addEventListener("close", closed);
    element.showModal();
    return () => {
      // Closed before it is taken away, it gives the focus back to what opened it.
      element.removeEventListener("close", closed);
      element.close();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      className={isQuestion ? css.question : css.sheet}
      aria-labelledby={id}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className={css.inner}>
        <div className={css.head}>
          <h2 id={id}>{title}</h2>
          <button className={css.close} type="button" aria-label="Close" onClick={() => dialog.current?.close()}>
            <span aria-hidden="true">✕</span>
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
