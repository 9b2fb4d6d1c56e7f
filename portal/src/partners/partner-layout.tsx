import type { ReactNode } from "react";
import { Link, NavLink, Outlet, useOutletContext } from "react-router";
import { useApiQuery } from "../api";
import { Breadcrumbs } from "../components/breadcrumbs";
import { SelectField } from "../components/fields";
import { PARTNER_PAGES } from "../components/layout";
import { PageHeader } from "../components/page-header";
import { isolated } from "../format/isolation";
import { PartnerNameDocument } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { useSelectedPartnerId, useSession } from "../sign-in/session";
import css from "./partner-layout.module.css";

/** The parent route of the pages about one partner. Without a partner it renders a message instead of them. */
export function PartnerLayout() {
  const { viewer } = useSession();
  const partnerId = useSelectedPartnerId();
  // The key remounts the page when another partner is selected, so that no state of the previous one is left.
  if (partnerId) {
    return (
      <>
        {viewer.kind === "STAFF" && <StaffNavigation partnerId={partnerId} />}
        <Outlet key={partnerId} context={partnerId} />
      </>
    );
  }
  const lead =
    viewer.kind === "STAFF"
      ? "Choose a partner on the Partners page to see their portal."
      : `${isolated(viewer.userId)} is not linked to any partner of ${isolated(viewer.tenant.name)}. Please contact their support.`;
  return <PageHeader title="No partner" lead={lead} />;
}

/** The way from the list of partners to this portal, and its pages, for staff. */
function StaffNavigation({ partnerId }: { readonly partnerId: string }) {
  const { data } = useApiQuery(PartnerNameDocument, { id: partnerId });
  const name = data?.partner?.companyName ?? "Partner";
  const className = ({ isActive }: { isActive: boolean }) => (isActive ? `${css.link} ${css.current}` : (css.link ?? ""));
  return (
    <div className={css.navigation}>
      <Breadcrumbs
        items={[{ name: "Partners", to: "/staff/partners" }, { name, to: `/staff/partners/${partnerId}` }, { name: "Portal" }]}
      />
      <nav className={css.pages} aria-label="Pages of the partner">
        {PARTNER_PAGES.map((page) => (
          <NavLink key={page.to} to={`${page.to}?partner=${encodeURIComponent(partnerId)}`} className={className}>
            {page.name}
          </NavLink>
        ))}
      </nav>
    </div>
  );
}

/** The id of the partner whose page is shown. */
export function usePartnerId(): string {
  return useOutletContext<string>();
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
export function PartnerSelect({ name }: { readonly name: string | undefined }) {
  const { viewer } = useSession();
  const { setParams } = useUrlState();
  const partnerId = usePartnerId();
  if (viewer.kind === "STAFF") return name ? <p className="muted">Portal of <bdi>{name}</bdi></p> : null;
  if (viewer.partners.length < 2) return null;
  const noFilters = { ...FIRST_PAGE, currency: null, status: null, type: null, from: null, to: null, sort: null, changed: null };
  return (
    <SelectField
      label="Partner"
      value={partnerId}
      onChange={(partner) => setParams({ ...noFilters, partner })}
      options={viewer.partners.map(({ id, companyName }) => ({ value: id, label: companyName }))}
    />
  );
}
