import { type ComponentProps, type ReactNode, useId } from "react";
import { useAddress } from "./address";
import css from "./fields.module.css";

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What the server said is wrong with it. */
  readonly wrong?: string | null | undefined;
}

type TextProps = FieldProps & ComponentProps<"input">;

/** A field to write in. */
export function TextField({ label, hint, wrong, ...input }: TextProps) {
  return (
    <Labelled label={label} hint={hint} wrong={wrong}>
      {(aria) => <input className={css.input} {...aria} {...input} />}
    </Labelled>
  );
}

/** A field to write more in. */
export function NoteField({ label, hint, wrong, ...area }: FieldProps & ComponentProps<"textarea">) {
  return (
    <Labelled label={label} hint={hint} wrong={wrong}>
      {(aria) => <textarea className={css.input} rows={3} {...aria} {...area} />}
    </Labelled>
  );
}

interface SelectProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** A choice of a few. */
export function SelectField({ label, hint, wrong, value, onChange, options }: SelectProps) {
  return (
    <Labelled label={label} hint={hint} wrong={wrong}>
      {(aria) => (
        <select className={css.input} value={value} onChange={(event) => onChange(event.target.value)} {...aria}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface StatusProps {
  readonly statuses: readonly string[];
  readonly wordOf: (status: string) => { readonly word: string };
}

/** Which status a list shows, kept in the address; the list then begins anew. */
export function StatusField({ statuses, wordOf }: StatusProps) {
  const { search, change } = useAddress();
  return (
    <SelectField
      label="Status"
      value={statuses.find((status) => status === search.get("status")) ?? ""}
      onChange={(status) => change({ status, after: null, before: null })}
      options={[{ value: "", label: "All" }, ...statuses.map((value) => ({ value, label: wordOf(value).word }))]}
    />
  );
}

interface Aria {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
}

function Labelled({ label, hint, wrong, children }: FieldProps & { children: (aria: Aria) => ReactNode }) {
  const id = useId();
  const said = wrong ?? hint;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": said ? `${id}-said` : undefined, "aria-invalid": Boolean(wrong) })}
      {said && (
        <p id={`${id}-said`} className={wrong ? css.wrong : css.hint}>
          {said}
        </p>
      )}
    </div>
  );
}

/** Fields in a row, as far as there is room. */
export function Row({ children }: { readonly children: ReactNode }) {
  return <div className={css.row}>{children}</div>;
}
