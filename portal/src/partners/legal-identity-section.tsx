import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { SuccessAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { Section } from "../components/section";

interface DialogHandlers {
  readonly onClose: () => void;
  readonly onSuccess: () => void;
}

interface Props {
  readonly lead: string;
  readonly canChange: boolean;
  readonly onSaved: () => void;
  /** Renders the dialog that changes the identity. */
  readonly dialog: (handlers: DialogHandlers) => ReactNode;
  /** The identity; null if there is none. */
  readonly children: ReactNode;
}

/** The section of a legal identity, with the button that changes it. */
export function LegalIdentitySection({ lead, canChange, onSaved, dialog, children }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  const handlers: DialogHandlers = {
    onClose: () => setIsEditing(false),
    onSuccess: () => {
      setIsEditing(false);
      setIsSaved(true);
      onSaved();
    },
  };
  return (
    <Section
      title={t`Legal identity`}
      lead={lead}
      actions={
        canChange && (
          <button className="button" type="button" onClick={() => setIsEditing(true)}>
            <Trans>Edit legal identity…</Trans>
          </button>
        )
      }
    >
      <div className="stack">
        {isSaved && (
          <SuccessAlert>
            <Trans>The legal identity was saved. Statements that were issued stay as they are.</Trans>
          </SuccessAlert>
        )}
        {children ?? (
          <EmptyState>
            <Trans>No legal identity yet: payouts have statements, not invoices.</Trans>
          </EmptyState>
        )}
      </div>
      {isEditing && dialog(handlers)}
    </Section>
  );
}
