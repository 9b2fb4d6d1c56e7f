import { type ReactNode, useEffect, useRef } from "react";
import { NavLink, useLocation, useNavigationType } from "react-router";
import icon from "../icon.svg?no-inline";
import { useSession } from "../sign-in/session";
import css from "./frame.module.css";

const PARTNER_PAGES = [
  { to: "/partners/revenue", name: "Revenue" },
  { to: "/partners/payouts", name: "Payouts" },
  { to: "/partners/referrals", name: "Referrals" },
  { to: "/partners/accounts", name: "Accounts" },
];

const STAFF_PAGES = [
  { to: "/staff", name: "Work queue" },
  { to: "/staff/payouts", name: "Payouts" },
  { to: "/staff/partners", name: "Partners" },
  { to: "/staff/reconciliation", name: "Reconciliation" },
];

/** What is around every page: where one is, who one is, and the way out. */
export function Frame({ children }: { readonly children: ReactNode }) {
  const { viewer, signOut } = useSession();
  const { pathname, search } = useLocation();
  const isStaff = viewer.kind === "STAFF";
  const main = useFocusOnNewPage(pathname);
  // Whom one looks at stays the same from page to page.
  const partner = new URLSearchParams(search).get("partner");
  const kept = partner ? `?partner=${encodeURIComponent(partner)}` : "";
  const isLookingAtPartner = !isStaff || pathname.startsWith("/partners");
  return (
    <>
      <a className={css.skip} href="#main">
        Skip to the page
      </a>
      <header className={css.bar}>
        <div className={css.brand}>
          <img src={icon} alt="" width="24" height="24" />
          <span>revshare</span>
        </div>
        <p className={css.who}>
          <span className="unseen">Signed in as </span>
          <strong>{viewer.userId}</strong>
          <span className={css.what}>
            {viewer.role}, {viewer.tenant.name}
          </span>
        </p>
        <button className="plain" type="button" onClick={signOut}>
          Sign out
        </button>
      </header>
      <nav className={css.nav} aria-label="Pages">
        {isStaff && STAFF_PAGES.map(({ to, name }) => <Page key={to} to={to} name={name} end={to === "/staff"} />)}
        {isStaff && isLookingAtPartner && <span className={css.gap} aria-hidden="true" />}
        {isLookingAtPartner &&
          PARTNER_PAGES.map(({ to, name }) => (
            <Page key={to} to={to + kept} name={isStaff ? `Partner: ${name.toLowerCase()}` : name} />
          ))}
      </nav>
      <main id="main" className={css.main} ref={main}>
        {children}
      </main>
    </>
  );
}

function Page({ to, name, end = false }: { readonly to: string; readonly name: string; readonly end?: boolean }) {
  return (
    <NavLink to={to} end={end} className={({ isActive }) => (isActive ? `${css.page} ${css.current}` : (css.page ?? ""))}>
      {name}
    </NavLink>
  );
}

/** On a new page, those who do not see it begin at its heading, and everybody at its top. */
function useFocusOnNewPage(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const type = useNavigationType();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    if (type === "POP") return;
    scrollTo(0, 0);
    main.current?.querySelector("h1")?.focus({ preventScroll: true });
  }, [pathname, type]);
  return main;
}
