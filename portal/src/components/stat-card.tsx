import type { CSSProperties, ReactNode } from "react";
import css from "./stat-card.module.css";

interface Props {
  readonly title: string;
  /** A button that explains the title. */
  readonly help?: ReactNode;
  readonly value: ReactNode;
  readonly description: ReactNode;
}

/** A card with one key metric. */
export function StatCard({ title, help, value, description }: Props) {
  const characters = { "--characters": typeof value === "string" ? value.length : 1 } as CSSProperties;
  return (
    <div className={css.card}>
      <div className={css.title}>
        <h2>{title}</h2>
        {help}
      </div>
      <p className={css.value} style={characters}>{value}</p>
      <p className={css.description}>{description}</p>
    </div>
  );
}
