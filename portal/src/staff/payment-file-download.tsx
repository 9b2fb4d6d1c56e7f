import { t } from "@lingui/core/macro";
import { DownloadForm } from "../components/download-form";
import type { PaymentFileRowFragment } from "../gql/graphql";
import { paymentFileFormatLabel } from "./payment-file-labels";

interface Props {
  readonly file: Pick<PaymentFileRowFragment, "downloadPath" | "format" | "messageId">;
  readonly isPrimary?: boolean;
  /** Called when the browser has been asked for the file: it counts as downloaded from then on. */
  readonly onDownload: () => void;
}

/** A button that downloads a payment file; nothing if it was withdrawn, or if the user may not pay. */
export function PaymentFileDownload({ file, isPrimary = false, onDownload }: Props) {
  const { downloadPath, format, messageId } = file;
  if (!downloadPath) return null;
  return (
    <DownloadForm label={t`Payment file ${messageId}`}>
      {(form) => (
        <button
          className={isPrimary ? "button-primary" : "button"}
          type="submit"
          form={form}
          formAction={downloadPath}
          // The server notes it before the first byte.
          onClick={() => setTimeout(onDownload, NOTED_MS)}
        >
          {t`Download ${paymentFileFormatLabel(format)} file`}
        </button>
      )}
    </DownloadForm>
  );
}

const NOTED_MS = 1_000;
