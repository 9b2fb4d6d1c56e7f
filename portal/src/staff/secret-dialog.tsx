import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { Dialog } from "../components/dialog";
import css from "./secret-dialog.module.css";

interface Props {
  readonly title: string;
  readonly secret: string;
  readonly onClose: () => void;
  /** What the secret is for, and where to store it. */
  readonly children: ReactNode;
}

/** Shows a secret once, to be copied. */
export function SecretDialog({ title, secret, onClose, children }: Props) {
  const [isCopied, setIsCopied] = useState(false);
  // Pages that are served without TLS have no clipboard: the text can be selected and copied by hand.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const copy = () => void clipboard?.writeText(secret).then(() => setIsCopied(true));
  return (
    <Dialog title={title} variant="modal" onClose={onClose}>
      <div className="stack">
        <p>{children}</p>
        <code className={css.secret} data-testid="secret" tabIndex={0}>
          {secret}
        </code>
        <div className="buttons">
          {clipboard && (
            <button className="button-primary" type="button" onClick={copy}>
              {isCopied ? t`Copied` : t`Copy`}
            </button>
          )}
          <button className="button" type="button" onClick={onClose}>
            <Trans>Close</Trans>
          </button>
        </div>
        <p role="status" className="visually-hidden">
          {isCopied && t`Copied`}
        </p>
      </div>
    </Dialog>
  );
}
