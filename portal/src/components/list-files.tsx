import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { DownloadForm } from "./download-form";
import { type Noun, pluralOf } from "../format/nouns";
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
  readonly noun: Noun;
  readonly files: Files;
}

/** Buttons that download all rows of a list. */
export function ListFiles({ noun, files }: Props) {
  return (
    <DownloadForm label={t`Files of ${pluralOf(noun)}`}>
      {(form) => (
        <div className={css.files} role="group" aria-label={t`Files of ${pluralOf(noun)}`}>
          <span><Trans>Download all as</Trans></span>
          <button className="button" type="submit" form={form} formAction={files.csv.path}>
            <Trans>CSV</Trans>
          </button>
          <button className="button" type="submit" form={form} formAction={files.xlsx.path}>
            <Trans>Excel</Trans>
          </button>
          {files.jsonl && (
            <button className="button" type="submit" form={form} formAction={files.jsonl.path}>
              <Trans>JSONL to verify</Trans>
            </button>
          )}
        </div>
      )}
    </DownloadForm>
  );
}
