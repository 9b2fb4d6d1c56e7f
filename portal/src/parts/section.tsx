import { type ReactNode, useId } from "react";
import css from "./section.module.css";

interface Props {
  readonly title: string;
  readonly lead?: string | undefined;
  /** What can be done with it, beside its title. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page, with a heading. */
export function Section({ title, lead, actions, children }: Props) {
  const id = useId();
  return (
    <section className={css.section} aria-labelledby={id}>
      <div className={css.head}>
        <div>
          <h2 id={id}>{title}</h2>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div className={css.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

interface HeadingProps {
  readonly title: string;
  readonly lead: ReactNode;
  readonly actions?: ReactNode;
}

/** The head of a page. */
export function Heading({ title, lead, actions }: HeadingProps) {
  return (
    <header className={css.heading}>
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        <p>{lead}</p>
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
  );
}

/** Something and its name, in a list of such. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A list of facts. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className={css.facts}>{children}</dl>;
}
