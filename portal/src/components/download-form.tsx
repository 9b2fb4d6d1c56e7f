import { t } from "@lingui/core/macro";
import { type ReactNode, type SyntheticEvent, useId, useRef, useState } from "react";
import { type ApiError, parseApiError, useToken } from "../api";
import { ErrorAlert } from "./alert";
import css from "./download-form.module.css";

interface Props {
  /** The name of the form for screen readers. */
  readonly label: string;
  /** Renders the buttons, each with the path of its file as `formAction` and this id as `form`. */
  readonly children: (formId: string) => ReactNode;
}

/**
 * A form whose buttons download files. The browser sends the form, so that it writes the file to disk while it arrives; the
 * token is in its body, because addresses end up in logs. A download does not load the frame; an error does.
 */
export function DownloadForm({ label, children }: Props) {
  const frame = useId();
  const formId = useId();
  const getToken = useToken();
  const tokenField = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const handleSubmit = () => {
    setError(null);
    const field = tokenField.current;
    if (!field) return;
    field.value = getToken();
    // The form has been read by then. The page must not keep the token.
    setTimeout(() => {
      field.value = "";
    });
  };
  const handleLoad = ({ currentTarget }: SyntheticEvent<HTMLIFrameElement>) => {
    const text = currentTarget.contentDocument?.body?.textContent;
    if (text) setError(parseApiError(text));
  };
  return (
    <>
      <form id={formId} method="post" target={frame} onSubmit={handleSubmit} aria-label={label} className={css.form}>
        <input ref={tokenField} type="hidden" name="access_token" autoComplete="off" />
      </form>
      {children(formId)}
      <iframe name={frame} title={t`Errors of “${label}”`} hidden onLoad={handleLoad} />
      {error && <ErrorAlert error={error} />}
    </>
  );
}
