import { t } from "@lingui/core/macro";
import {
  createContext, type ReactNode, use, useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState,
} from "react";
import css from "./toasts.module.css";

/** What the user can do about what a toast reports, for as long as it is shown. */
export interface ToastAction {
  readonly label: string;
  /** Runs when the button is pressed; the toast is closed before. */
  readonly run: () => void;
}

interface Toast {
  readonly id: number;
  readonly message: ReactNode;
  readonly action: ToastAction | undefined;
}

/** How long a toast is shown: a sentence can be read several times; an act can be taken back for a minute. */
const SECONDS = 12;
const SECONDS_WITH_ACTION = 60;

interface Toasts {
  readonly toast: Toast | null;
  /** The outlets in the order in which they were mounted: the last one is in front. */
  readonly outlets: readonly string[];
  readonly show: (message: ReactNode, action?: ToastAction) => void;
  readonly close: () => void;
  readonly addOutlet: (id: string) => () => void;
}

const ToastContext = createContext<Toasts | null>(null);

/** Keeps the latest toast, and where it is shown. A new one replaces it. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toast, setToast] = useState<Toast | null>(null);
  const [outlets, setOutlets] = useState<readonly string[]>([]);
  const count = useRef(0);
  const show = useCallback((message: ReactNode, action?: ToastAction) => {
    count.current += 1;
    setToast({ id: count.current, message, action });
  }, []);
  const close = useCallback(() => setToast(null), []);
  const addOutlet = useCallback((id: string) => {
    setOutlets((outlets) => [...outlets, id]);
    return () => setOutlets((outlets) => outlets.filter((other) => other !== id));
  }, []);
  const toasts = useMemo(() => ({ toast, outlets, show, close, addOutlet }), [toast, outlets, show, close, addOutlet]);
  return <ToastContext value={toasts}>{children}</ToastContext>;
}

function useToasts(): Toasts {
  const toasts = use(ToastContext);
  if (!toasts) throw new Error("toasts need a ToastProvider");
  return toasts;
}

/** Returns a function that reports the success of an act, with what can still be done about it. */
export const useToast = () => useToasts().show;

/**
 * Where toasts are shown: at the lower edge of the window, or of the dialog in front, because what is behind a modal dialog
 * can neither be used nor is it read out. The live region is there before its content, or it would not be read out.
 */
export function ToastOutlet() {
  const { toast, outlets, close, addOutlet } = useToasts();
  const id = useId();
  useLayoutEffect(() => addOutlet(id), [addOutlet, id]);
  return (
    <div className={css.outlet} aria-live="polite">
      {toast && outlets.at(-1) === id && <ToastCard key={toast.id} toast={toast} onClose={close} />}
    </div>
  );
}

interface CardProps {
  readonly toast: Toast;
  readonly onClose: () => void;
}

function ToastCard({ toast, onClose }: CardProps) {
  const { message, action } = toast;
  const [isPaused, setIsPaused] = useState(false);
  const card = useRef<HTMLDivElement>(null);
  const returnTo = useRef<Element | null>(null);
  useEffect(() => {
    if (isPaused) return;
    const timer = setTimeout(onClose, (action ? SECONDS_WITH_ACTION : SECONDS) * 1_000);
    return () => clearTimeout(timer);
  }, [isPaused, action, onClose]);
  useEffect(() => {
    const handleKey = (event: KeyboardEvent) => {
      if (event.key !== "F8") return;
      event.preventDefault();
      returnTo.current = document.activeElement;
      card.current?.querySelector("button")?.focus();
    };
    document.addEventListener("keydown", handleKey);
    return () => document.removeEventListener("keydown", handleKey);
  }, []);
  const closeAndReturn = () => {
    const hadFocus = card.current?.contains(document.activeElement);
    onClose();
    if (hadFocus && returnTo.current instanceof HTMLElement) returnTo.current.focus();
  };
  return (
    <div
      ref={card}
      className={css.toast}
      onMouseEnter={() => setIsPaused(true)}
      onMouseLeave={() => setIsPaused(false)}
      onFocus={() => setIsPaused(true)}
      onBlur={() => setIsPaused(false)}
    >
      <p role="status">
        {message}
        {action && <span className="visually-hidden"> {t`Press F8 to go to “${action.label}”.`}</span>}
      </p>
      {action && (
        <button
          className="button"
          type="button"
          onClick={() => {
            closeAndReturn();
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button className={css.close} type="button" aria-label={t`Dismiss`} onClick={closeAndReturn}>
        <span aria-hidden="true">✕</span>
      </button>
    </div>
  );
}
