import { Outlet, useOutletContext } from "react-router";
import { Heading } from "../parts/section";
import { useAddress } from "../parts/address";
import { SelectField } from "../parts/fields";
import { usePartnerId, useSession } from "../sign-in/session";

/** What is around the pages of a partner: there is none without one. */
export function PartnerFrame() {
  const { viewer } = useSession();
  const partnerId = usePartnerId();
  // Another partner is another page: nothing of the one before is seen on it.
  if (partnerId) return <Outlet key={partnerId} context={partnerId} />;
  const lead =
    viewer.kind === "STAFF"
      ? "Choose one under Partners, to see what they see."
      : `${viewer.userId} is not linked to any partner of ${viewer.tenant.name}. Ask their support for it.`;
  return <Heading title="No partner" lead={lead} />;
}

/** The partner that the page is about. */
export function usePartner(): string {
  return useOutletContext<string>();
}

/** The choice of the partner, for users of several; staff are told whom they look at. */
export function PartnerChoice({ name }: { readonly name: string | undefined }) {
  const { viewer } = useSession();
  const { change } = useAddress();
  const partnerId = usePartner();
  const cleared = { currency: null, status: null, from: null, to: null, sort: null, after: null, before: null };
  if (viewer.kind === "STAFF") return name ? <p className="quiet">As {name} sees it</p> : null;
  if (viewer.partners.length < 2) return null;
  return (
    <SelectField
      label="Partner"
      value={partnerId}
      onChange={(partner) => change({ ...cleared, partner })}
      options={viewer.partners.map(({ id, companyName }) => ({ value: id, label: companyName }))}
    />
  );
}
