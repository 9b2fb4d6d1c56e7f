import { t } from "@lingui/core/macro";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { taxTreatmentLabel } from "../format/labels";
import type { LegalIdentityFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { LegalDialog } from "./legal-dialog";
import { IdentityItems } from "./legal-fields";
import { LegalIdentitySection } from "./legal-identity-section";

interface Props {
  readonly partnerId: string;
  readonly legal: LegalIdentityFragment | null;
  readonly canChange: boolean;
  readonly onSaved: () => void;
}

/** The legal identity of a partner, and whether its payouts come with invoices under self-billing. */
export function LegalSection({ partnerId, legal, canChange, onSaved }: Props) {
  return (
    <LegalIdentitySection
      lead={t`As invoices state it`}
      canChange={canChange}
      onSaved={onSaved}
      dialog={(handlers) => <LegalDialog partnerId={partnerId} legal={legal} {...handlers} />}
    >
      {legal && <Legal legal={legal} />}
    </LegalIdentitySection>
  );
}

function Legal({ legal }: { readonly legal: LegalIdentityFragment }) {
  const { calendar } = useSession();
  const { taxTreatment, taxNote, selfBillingAgreedAt, isSelfBilled } = legal;
  return (
    <DescriptionList>
      <IdentityItems identity={legal} />
      <DescriptionItem term={t`Tax treatment`}>
        {taxTreatment ? taxTreatmentLabel(taxTreatment) : t`not stated`}
        {taxNote && (
          <div className="muted">
            <bdi>{taxNote}</bdi>
          </div>
        )}
      </DescriptionItem>
      <DescriptionItem term={t`Self-billing`}>
        {selfBillingAgreedAt ? t`agreed on ${calendar.formatDate(selfBillingAgreedAt)}` : t`not agreed`}
      </DescriptionItem>
      <DescriptionItem term={t`Next payouts`}>{documentOf(isSelfBilled, selfBillingAgreedAt !== null)}</DescriptionItem>
    </DescriptionList>
  );
}

/** Which document a completed payout has. */
function documentOf(isSelfBilled: boolean, isAgreed: boolean): string {
  if (isSelfBilled) return t`self-billing invoices`;
  if (!isAgreed) return t`statements; the partner issues its own invoices`;
  return t`statements, until the tenant has stated its legal identity, with a VAT ID for reverse charge`;
}
