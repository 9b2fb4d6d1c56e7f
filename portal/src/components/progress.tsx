import css from "./progress.module.css";

interface Props {
  /** What is in progress, as in "Checking". */
  readonly label: string;
  /** How much of the total is done; null while the total is not known. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** The state in words. */
  readonly text: string;
}

/** The progress of something that takes a while, as a bar and in words. */
export function Progress({ label, progress, text }: Props) {
  return (
    <div role="status" className={css.progress}>
      <p>{text}</p>
      <progress aria-label={label} {...(progress && { value: progress.done, max: progress.total })} />
    </div>
  );
}
