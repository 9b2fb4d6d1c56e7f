import { useState } from "react";
import { SuccessAlert } from "../components/alert";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { EmptyState } from "../components/empty-state";
import { Section } from "../components/section";
import { taxTreatmentLabel } from "../format/labels";
import type { LegalIdentityFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { LegalDialog } from "./legal-dialog";
import { IdentityItems } from "./legal-fields";

interface Props {
  readonly partnerId: string;
  readonly legal: LegalIdentityFragment | null;
  readonly canChange: boolean;
  readonly onSaved: () => void;
}

/** The legal identity of a partner, and whether its payouts come with invoices under self-billing. */
export function LegalSection({ partnerId, legal, canChange, onSaved }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const [isSaved, setIsSaved] = useState(false);
  return (
    <Section
      title="Legal identity"
      lead="As invoices state it"
      actions={
        canChange && (
          <button className="button" type="button" onClick={() => setIsEditing(true)}>
            Edit legal identity…
          </button>
        )
      }
    >
      <div className="stack">
        {isSaved && <SuccessAlert>The legal identity was saved. Statements that were issued stay as they are.</SuccessAlert>}
        {legal ? <Legal legal={legal} /> : <EmptyState>No legal identity yet: payouts have statements, not invoices.</EmptyState>}
      </div>
      {isEditing && (
        <LegalDialog
          partnerId={partnerId}
          legal={legal}
          onClose={() => setIsEditing(false)}
          onSuccess={() => {
            setIsEditing(false);
            setIsSaved(true);
            onSaved();
          }}
        />
      )}
    </Section>
  );
}

function Legal({ legal }: { readonly legal: LegalIdentityFragment }) {
  const { calendar } = useSession();
  const { taxTreatment, taxNote, selfBillingAgreedAt, isSelfBilled } = legal;
  return (
    <DescriptionList>
      <IdentityItems identity={legal} />
      <DescriptionItem term="Tax treatment">
        {taxTreatment ? taxTreatmentLabel(taxTreatment) : "not stated"}
        {taxNote && (
          <div className="muted">
            <bdi>{taxNote}</bdi>
          </div>
        )}
      </DescriptionItem>
      <DescriptionItem term="Self-billing">
        {selfBillingAgreedAt ? `agreed on ${calendar.formatDate(selfBillingAgreedAt)}` : "not agreed"}
      </DescriptionItem>
      <DescriptionItem term="Next payouts">{documentOf(isSelfBilled, selfBillingAgreedAt !== null)}</DescriptionItem>
    </DescriptionList>
  );
}

/** Which document a completed payout has. */
function documentOf(isSelfBilled: boolean, isAgreed: boolean): string {
  if (isSelfBilled) return "self-billing invoices";
  if (!isAgreed) return "statements; the partner issues its own invoices";
  return "statements, until the tenant has stated its legal identity, with a VAT ID for reverse charge";
}
