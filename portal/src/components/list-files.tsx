import { DownloadForm } from "./download-form";
import css from "./list-files.module.css";

/** The files of a list, with its filter and order. */
export interface Files {
  readonly csv: { readonly path: string };
  readonly xlsx: { readonly path: string };
  /** The file with which a list can be verified, if it has one. */
  readonly jsonl?: { readonly path: string };
}

interface Props {
  /** What the list contains, in the singular. */
  readonly noun: string;
  readonly files: Files;
}

/** Buttons that download all rows of a list. */
export function ListFiles({ noun, files }: Props) {
  return (
    <DownloadForm label={`Files of ${noun}s`}>
      {(form) => (
        <div className={css.files} role="group" aria-label={`Files of ${noun}s`}>
          <span>Download all as</span>
          <button className="button" type="submit" form={form} formAction={files.csv.path}>
            CSV
          </button>
          <button className="button" type="submit" form={form} formAction={files.xlsx.path}>
            Excel
          </button>
          {files.jsonl && (
            <button className="button" type="submit" form={form} formAction={files.jsonl.path}>
              JSONL to verify
            </button>
          )}
        </div>
      )}
    </DownloadForm>
  );
}
