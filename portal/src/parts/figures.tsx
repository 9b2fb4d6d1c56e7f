import type { ReactNode } from "react";
import { isNegative, type Money, money } from "../format/money";
import type { Tone } from "../format/words";
import css from "./figures.module.css";

/** An amount, to the last digit; what is below zero is plain to see. */
export function Amount({ of }: { readonly of: Money }) {
  return <span className={isNegative(of) ? `${css.amount} ${css.negative}` : css.amount}>{money(of)}</span>;
}

/** Amounts in several currencies, a line each; a dash where there are none. */
export function Amounts({ of }: { readonly of: readonly Money[] }) {
  if (of.length === 0) return <None />;
  return (
    <span className={css.amounts}>
      {of.map((amount) => (
        <Amount key={amount.currency} of={amount} />
      ))}
    </span>
  );
}

/** A dash where there is nothing to show. */
export function None() {
  return (
    <span className={css.none}>
      <span aria-hidden="true">–</span>
      <span className="unseen">none</span>
    </span>
  );
}

/** A status. */
export function Badge({ word, tone }: { readonly word: string; readonly tone: Tone }) {
  return <span className={`${css.badge} ${css[tone]}`}>{word}</span>;
}

interface CardProps {
  readonly title: string;
  readonly value: ReactNode;
  readonly body: ReactNode;
}

/** One figure that matters. */
export function Card({ title, value, body }: CardProps) {
  return (
    <div className={css.card}>
      <h2>{title}</h2>
      <p className={css.value}>{value}</p>
      <p className={css.body}>{body}</p>
    </div>
  );
}

/** The place of a figure that is on its way, as large as it will be. */
export function Pending({ width }: { readonly width: string }) {
  return <span className={css.pending} data-width={width} aria-hidden="true" />;
}
