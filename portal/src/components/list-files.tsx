import { type SyntheticEvent, useId, useRef, useState } from "react";
import { type ApiError, parseApiError, useToken } from "../api";
import { ErrorAlert } from "./alert";
import css from "./list-files.module.css";

/** The files of a list, with its filter and order. */
export interface Files {
  readonly csv: { readonly path: string };
  readonly xlsx: { readonly path: string };
}

interface Props {
  /** What the list contains, in the singular. */
  readonly noun: string;
  readonly files: Files;
}

/**
 * Buttons that download all rows of a list. The browser sends a form, so that it writes the file to disk while it arrives;
 * the token is in its body, because addresses end up in logs. A download does not load the frame; an error does.
 */
export function ListFiles({ noun, files }: Props) {
  const frame = useId();
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
      <form className={css.files} method="post" target={frame} onSubmit={handleSubmit} aria-label={`Files of ${noun}s`}>
        <input ref={tokenField} type="hidden" name="access_token" autoComplete="off" />
        <span>Download all as</span>
        <button className="button" type="submit" formAction={files.csv.path}>
          CSV
        </button>
        <button className="button" type="submit" formAction={files.xlsx.path}>
          Excel
        </button>
      </form>
      <iframe name={frame} title={`Errors of downloads of ${noun}s`} hidden onLoad={handleLoad} />
      {error && <ErrorAlert error={error} />}
    </>
  );
}
