import css from "./skeleton.module.css";

/** A placeholder for a value that is loading, about as wide as the value, so that the layout does not shift. */
export function Skeleton({ width }: { readonly width: "short" | "long" }) {
  return <span className={`${css.skeleton} ${css[width]}`} aria-hidden="true" />;
}
