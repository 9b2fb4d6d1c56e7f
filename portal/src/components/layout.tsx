import { type ReactNode, useEffect, useRef } from "react";
import { NavLink, useLocation, useNavigationType } from "react-router";
import icon from "../icon.svg?no-inline";
import { enumLabel } from "../format/labels";
import { useBrandColor, useLogo } from "../hooks/branding";
import { SearchField } from "../search/search-field";
import { useSelectedPartnerId, useSession } from "../sign-in/session";
import { useWaiting, WaitingCount } from "../staff/waiting";
import css from "./layout.module.css";
import { ToastOutlet, ToastProvider } from "./toasts";

/** The pages of a partner's portal. */
export const PARTNER_PAGES = [
  { to: "/partners/revenue", name: "Revenue" },
  { to: "/partners/commissions", name: "Commissions" },
  { to: "/partners/payouts", name: "Payouts" },
  { to: "/partners/statements", name: "Statements" },
  { to: "/partners/referrals", name: "Referrals" },
  { to: "/partners/accounts", name: "Accounts" },
  { to: "/partners/terms", name: "How you earn" },
];

const STAFF_PAGES = [
  { to: "/staff/overview", name: "Overview" },
  { to: "/staff", name: "Work queue" },
  { to: "/staff/commissions", name: "Commissions" },
  { to: "/staff/payouts", name: "Payouts" },
  { to: "/staff/statements", name: "Statements" },
  { to: "/staff/partners", name: "Partners" },
  { to: "/staff/accounts", name: "Accounts" },
  { to: "/staff/leads", name: "Leads" },
  { to: "/staff/invoices", name: "Invoices" },
  { to: "/staff/reconciliation", name: "Reconciliation" },
  { to: "/staff/audit", name: "Audit" },
  { to: "/staff/settings", name: "Settings" },
];

/** The frame of every page: the signed-in user, the navigation, and the sign-out button. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const { viewer, signOut } = useSession();
  const { pathname, search } = useLocation();
  const isStaff = viewer.kind === "STAFF";
  const main = useFocusOnNavigation(pathname);
  const waiting = useWaiting();
  // The selected partner stays selected from page to page.
  const partner = new URLSearchParams(search).get("partner");
  const partnerQuery = partner ? `?partner=${encodeURIComponent(partner)}` : "";
  useBrandColor(viewer.tenant);
  return (
    <ToastProvider>
      <a className={css.skipLink} href="#main">
        Skip to content
      </a>
      <header className={css.header}>
        <Brand />
        <div className={css.user}>
          <p>
            <span className="visually-hidden">Signed in as </span>
            <strong>
              <bdi>{viewer.userId}</bdi>
            </strong>
            {isStaff && <span className={css.role}>{viewer.role}</span>}
          </p>
          <OwnPartner />
        </div>
        <SearchField />
        <button className="button" type="button" onClick={signOut}>
          Sign out
        </button>
      </header>
      <nav className={css.nav} aria-label="Pages">
        {isStaff &&
          STAFF_PAGES.map(({ to, name }) => (
            <span key={to} className={css.item}>
              <NavItem to={to} name={name} end={to === "/staff"} />
              <WaitingCount path={to} counts={waiting} />
            </span>
          ))}
        {!isStaff && PARTNER_PAGES.map(({ to, name }) => <NavItem key={to} to={to + partnerQuery} name={name} />)}
      </nav>
      <main id="main" className={css.main} ref={main}>
        {children}
      </main>
      <ToastOutlet />
    </ToastProvider>
  );
}

/** The tenant: its logo, or else that of the program, and its name. */
function Brand() {
  const { tenant } = useSession().viewer;
  const logo = useLogo(tenant.logoPath);
  return (
    <div className={css.brand}>
      <img className={css.logo} src={logo ?? icon} alt="" />
      <bdi>{tenant.name}</bdi>
    </div>
  );
}

/** The selected partner of a partner user: its name, number and tier. */
function OwnPartner() {
  const { viewer } = useSession();
  const partnerId = useSelectedPartnerId();
  const partner = viewer.partners.find(({ id }) => id === partnerId);
  if (!partner) return null;
  const { companyName, partnerNumber, tier } = partner;
  return (
    <p className={css.partner}>
      <bdi>{companyName}</bdi>
      <span className={css.partnerDetails}>
        <bdi>{partnerNumber}</bdi>
        <span className={css.tier}>{enumLabel(tier)}</span>
      </span>
    </p>
  );
}

interface NavItemProps {
  readonly to: string;
  readonly name: string;
  readonly end?: boolean;
}

function NavItem({ to, name, end = false }: NavItemProps) {
  const className = ({ isActive }: { isActive: boolean }) => (isActive ? `${css.link} ${css.current}` : (css.link ?? ""));
  return (
    <NavLink to={to} end={end} className={className}>
      {name}
    </NavLink>
  );
}

/** After a navigation forward, scrolls to the top and moves the focus to the heading, where screen readers continue. */
function useFocusOnNavigation(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const navigationType = useNavigationType();
  const previousPathname = useRef(pathname);
  useEffect(() => {
    if (previousPathname.current === pathname) return;
    previousPathname.current = pathname;
    if (navigationType === "POP") return;
    scrollTo(0, 0);
    main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [pathname, navigationType]);
  return main;
}
