import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useEffect, useRef } from "react";
import { NavLink, useLocation, useNavigationType } from "react-router";
import icon from "../icon.svg?no-inline";
import { roleLabel, tierLabel } from "../format/labels";
import { useBrandColor, useLogo } from "../hooks/branding";
import { SearchField } from "../search/search-field";
import { useSelectedPartnerId, useSession } from "../sign-in/session";
import { useWaiting, WaitingCount } from "../staff/waiting";
import { LanguageSelect } from "./language-select";
import css from "./layout.module.css";
import { ToastOutlet, ToastProvider } from "./toasts";

/** The pages of a partner's portal. */
export const PARTNER_PAGES = [
  { to: "/partners/revenue", name: t`Revenue` },
  { to: "/partners/commissions", name: t`Commissions` },
  { to: "/partners/payouts", name: t`Payouts` },
  { to: "/partners/payout-account", name: t`Payout account` },
  { to: "/partners/statements", name: t`Statements` },
  { to: "/partners/referrals", name: t`Referrals` },
  { to: "/partners/accounts", name: t`Accounts` },
  { to: "/partners/terms", name: t`How you earn` },
];

/** The page on which a partner user chooses its notifications; staff have none. */
const NOTIFICATIONS_PAGE = { to: "/partners/notifications", name: t`Notifications` };

const STAFF_PAGES = [
  { to: "/staff/overview", name: t`Overview` },
  { to: "/staff", name: t`Work queue` },
  { to: "/staff/commissions", name: t`Commissions` },
  { to: "/staff/payouts", name: t`Payouts` },
  { to: "/staff/statements", name: t`Statements` },
  { to: "/staff/partners", name: t`Partners` },
  { to: "/staff/accounts", name: t`Accounts` },
  { to: "/staff/leads", name: t`Leads` },
  { to: "/staff/invoices", name: t`Invoices` },
  { to: "/staff/reconciliation", name: t`Reconciliation` },
  { to: "/staff/audit", name: t`Audit` },
  { to: "/staff/settings", name: t`Settings` },
];

/** The frame of every page: the signed-in user, the navigation, and the sign-out button. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const { viewer, signOut } = useSession();
  const { pathname, search } = useLocation();
  const isStaff = viewer.kind === "STAFF";
  const main = useFocusOnNavigation(pathname);
  const nav = useCurrentInView(pathname);
  const waiting = useWaiting();
  // The selected partner stays selected from page to page.
  const partner = new URLSearchParams(search).get("partner");
  const partnerQuery = partner ? `?partner=${encodeURIComponent(partner)}` : "";
  useBrandColor(viewer.tenant);
  return (
    <ToastProvider>
      <a className={css.skipLink} href="#main">
        <Trans>Skip to content</Trans>
      </a>
      <header className={css.header}>
        <Brand />
        <div className={css.user}>
          <p>
            <span className="visually-hidden"><Trans>Signed in as</Trans> </span>
            <strong>
              <bdi>{viewer.userId}</bdi>
            </strong>
            {isStaff && <span className={css.role}>{roleLabel(viewer.role)}</span>}
          </p>
          <OwnPartner />
        </div>
        <SearchField />
        <LanguageSelect />
        <button className="button" type="button" onClick={signOut}>
          <Trans>Sign out</Trans>
        </button>
      </header>
      <nav className={css.nav} aria-label={t`Pages`} ref={nav}>
        {isStaff &&
          STAFF_PAGES.map(({ to, name }) => (
            <span key={to} className={css.item}>
              <NavItem to={to} name={name} end={to === "/staff"} />
              <WaitingCount path={to} counts={waiting} />
            </span>
          ))}
        {!isStaff && [...PARTNER_PAGES, NOTIFICATIONS_PAGE].map(({ to, name }) => <NavItem key={to} to={to + partnerQuery} name={name} />)}
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
        <span className={css.tier}>{tierLabel(tier)}</span>
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

/** Calls a function with the first element that matches, as soon as there is one. Returns what stops waiting for it. */
function whenAvailable(root: Element | null, selector: string, act: (element: HTMLElement) => void): (() => void) | undefined {
  const found = root?.querySelector<HTMLElement>(selector);
  if (found) return void act(found);
  if (!root) return;
  const observer = new MutationObserver(() => {
    const element = root.querySelector<HTMLElement>(selector);
    if (!element) return;
    observer.disconnect();
    act(element);
  });
  observer.observe(root, { childList: true, subtree: true });
  return () => observer.disconnect();
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
    const focused = document.activeElement;
    return whenAvailable(main.current, "h1", (heading) => {
      // Not if the user has gone on meanwhile.
      if ([focused, document.body].includes(document.activeElement)) heading.focus({ preventScroll: true });
    });
  }, [pathname, navigationType]);
  return main;
}

/** Scrolls the navigation of a narrow window so that the link of the current page is visible. */
function useCurrentInView(pathname: string) {
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (!nav.current || !current) return;
    // Not scrollIntoView, which would scroll the page as well.
    const frame = nav.current.getBoundingClientRect();
    const link = current.getBoundingClientRect();
    nav.current.scrollLeft += link.left + link.width / 2 - frame.left - frame.width / 2;
  }, [pathname]);
  return nav;
}
