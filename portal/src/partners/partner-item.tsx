import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import { DescriptionItem } from "../components/description-list";
import type { PartnerNameFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** The partner that something is about, with the way to its page for staff. Partners know who they are. */
export function PartnerItem({ partner: { id, companyName } }: { readonly partner: PartnerNameFragment }) {
  const { viewer } = useSession();
  if (viewer.kind !== "STAFF") return null;
  return (
    <DescriptionItem term={t`Partner`}>
      <Link to={`/staff/partners/${id}`}>
        <bdi>{companyName}</bdi>
      </Link>
    </DescriptionItem>
  );
}
