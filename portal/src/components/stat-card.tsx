import type { CSSProperties, ReactNode } from "react";
import css from "./stat-card.module.css";

interface Props {
  readonly title: string;
  readonly value: ReactNode;
  readonly description: ReactNode;
}

/** A card with one key metric. */
export function StatCard({ title, value, description }: Props) {
  const characters = { "--characters": typeof value === "string" ? value.length : 1 } as CSSProperties;
  return (
    <div className={css.card}>
      <h2>{title}</h2>
      <p className={css.value} style={characters}>{value}</p>
      <p className={css.description}>{description}</p>
    </div>
  );
}
