import type { StatusLabel } from "../format/labels";
import css from "./status-badge.module.css";

export function StatusBadge({ label, tone }: StatusLabel) {
  return <span className={`${css.badge} ${css[tone]}`}>{label}</span>;
}
