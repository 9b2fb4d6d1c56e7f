import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link, Outlet, useOutletContext } from "react-router";
import { useApiQuery } from "../api";
import { Breadcrumbs } from "../components/breadcrumbs";
import { SelectField } from "../components/fields";
import { PARTNER_PAGES } from "../components/layout";
import { PageHeader } from "../components/page-header";
import { Skeleton } from "../components/skeleton";
import { SubNavigation } from "../components/sub-navigation";
import { isolated } from "../format/isolation";
import { PartnerNameDocument } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { useSelectedPartnerId, useSession } from "../sign-in/session";
import css from "./partner-layout.module.css";

/** The partner whose pages are shown. */
interface ShownPartner {
  readonly id: string;
  /** For staff, once it is known. */
  readonly name?: string | undefined;
}

/** The parent route of the pages about one partner. Without a partner it renders a message instead of them. */
export function PartnerLayout() {
  const { viewer } = useSession();
  const id = useSelectedPartnerId();
  if (id) return viewer.kind === "STAFF" ? <StaffPartnerPages id={id} /> : <PartnerPages id={id} />;
  const lead =
    viewer.kind === "STAFF"
      ? t`Choose a partner on the Partners page to see their portal.`
      : t`${isolated(viewer.userId)} is not linked to any partner of ${isolated(viewer.tenant.name)}. Please contact their support.`;
  return <PageHeader title={t`No partner`} lead={lead} />;
}

/** The key remounts the page when another partner is selected, so that no state of the previous one is left. */
const PartnerPages = (partner: ShownPartner) => <Outlet key={partner.id} context={partner} />;

/**
 * The way from the list of partners to this portal, and its pages, for staff. The page waits for the name, which takes several
 * lines if it is long: they would move what is shown already.
 */
function StaffPartnerPages({ id }: ShownPartner) {
  const { data, isLoading } = useApiQuery(PartnerNameDocument, { id });
  const name = data?.partner?.companyName;
  const query = `?partner=${encodeURIComponent(id)}`;
  return (
    <>
      <div className={css.navigation}>
        <Breadcrumbs
          items={[
            { name: t`Partners`, to: "/staff/partners" },
            { name: name ?? t`Partner`, to: `/staff/partners/${id}` },
            { name: t`Portal` },
          ]}
        />
        <SubNavigation
          label={t`Pages of the partner`}
          pages={PARTNER_PAGES.map(({ to, name }) => ({ to: to + query, name }))}
        />
      </div>
      {!data && isLoading ? <Skeleton width="long" /> : <PartnerPages id={id} name={name} />}
    </>
  );
}

/** The id of the partner whose page is shown. */
export function usePartnerId(): string {
  return useOutletContext<ShownPartner>().id;
}

interface PartnerLinkProps {
  readonly to: string;
  /** Further query parameters of the page. */
  readonly params?: Readonly<Record<string, string>>;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A link to another page of the same partner. */
export function PartnerLink({ to, params = {}, className, children }: PartnerLinkProps) {
  const partner = useUrlState().params.get("partner");
  const query = new URLSearchParams({ ...(partner && { partner }), ...params }).toString();
  return (
    <Link to={query ? `${to}?${query}` : to} className={className}>
      {children}
    </Link>
  );
}

/** Selects the partner, for users of more than one. Staff see the name of the partner instead. */
export function PartnerSelect() {
  const { viewer } = useSession();
  const { setParams } = useUrlState();
  const { id, name } = useOutletContext<ShownPartner>();
  if (viewer.kind === "STAFF") return name ? <p className="muted"><Trans>Portal of <bdi>{name}</bdi></Trans></p> : null;
  if (viewer.partners.length < 2) return null;
  const noFilters = { ...FIRST_PAGE, currency: null, status: null, type: null, from: null, to: null, sort: null, changed: null };
  return (
    <SelectField
      label={t`Partner`}
      value={id}
      onChange={(partner) => setParams({ ...noFilters, partner })}
      options={viewer.partners.map(({ id, companyName }) => ({ value: id, label: companyName }))}
    />
  );
}
