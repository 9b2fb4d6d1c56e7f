import { NavLink } from "react-router";
import css from "./sub-navigation.module.css";

export interface SubPage {
  readonly to: string;
  readonly name: string;
  /** Whether the page is current only at its own address, and not at those below it. */
  readonly end?: boolean;
}

interface Props {
  /** The name of the navigation for screen readers. */
  readonly label: string;
  readonly pages: readonly SubPage[];
}

/** Links to the pages that belong together with the current one, which is marked. */
export function SubNavigation({ label, pages }: Props) {
  const className = ({ isActive }: { isActive: boolean }) => (isActive ? `${css.link} ${css.current}` : (css.link ?? ""));
  return (
    <nav className={css.pages} aria-label={label}>
      {pages.map(({ to, name, end = false }) => (
        <NavLink key={to} to={to} end={end} className={className}>
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
