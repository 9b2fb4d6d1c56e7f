import { t } from "@lingui/core/macro";
import { type ComponentProps, type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { StatusLabel } from "../format/labels";
import { CURRENCIES, isCurrency } from "../format/money";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import css from "./fields.module.css";

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** The server's validation message. */
  readonly error?: ReactNode;
}

export function TextField({ label, hint, error, ...input }: FieldProps & ComponentProps<"input">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input className={css.control} {...control} {...input} />}
    </Field>
  );
}

export function TextAreaField({ label, hint, error, ...textArea }: FieldProps & ComponentProps<"textarea">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <textarea className={css.control} rows={3} {...control} {...textArea} />}
    </Field>
  );
}

interface SelectProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

export function SelectField({ label, hint, error, value, onChange, options }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select className={css.control} value={value} onChange={(event) => onChange(event.target.value)} {...control}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ChoiceProps extends FieldProps {
  readonly name: string;
  readonly defaultValue?: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** A choice in a form, read when the form is submitted. */
export function ChoiceField({ label, hint, error, name, defaultValue, options }: ChoiceProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select className={css.control} name={name} defaultValue={defaultValue} {...control}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface StatusFilterProps {
  readonly statuses: readonly string[];
  readonly labelOf: (status: string) => StatusLabel;
}

/** Filters a list by status. The choice is in the URL; changing it returns to the first page. */
export function StatusFilter({ statuses, labelOf }: StatusFilterProps) {
  const { params, setParams } = useUrlState();
  return (
    <SelectField
      label={t`Status`}
      value={statuses.find((status) => status === params.get("status")) ?? ""}
      onChange={(status) => setParams({ ...FIRST_PAGE, status })}
      options={[{ value: "", label: t`All` }, ...statuses.map((value) => ({ value, label: labelOf(value).label }))]}
    />
  );
}

interface DateFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onDate: (date: string) => void;
}

/** A date input. It ignores incomplete years: while typing, browsers also report the years 2, 20 and 202. */
export function DateField({ label, value, onDate }: DateFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  // Not a controlled input, which would lose what is typed until the date is complete.
  useEffect(() => {
    if (input.current && input.current.value !== value) input.current.value = value;
  }, [value]);
  return (
    <TextField
      ref={input}
      label={label}
      type="date"
      defaultValue={value}
      onChange={({ target }) => (target.value === "" || target.value >= "1000") && onDate(target.value)}
    />
  );
}

interface CurrencyFieldProps {
  readonly value: string;
  /** Called with the code of a currency, or an empty text for all currencies. */
  readonly onCurrency: (currency: string) => void;
}

/** A field for the code of a currency, with suggestions. It ignores what is not a currency, and says so. */
export function CurrencyField({ value, onCurrency }: CurrencyFieldProps) {
  const listId = useId();
  const [text, setText] = useState(value);
  const isUnknown = text !== "" && !isCurrency(text.toUpperCase());
  const change = (text: string) => {
    setText(text);
    const currency = text.toUpperCase();
    if (currency === "" || isCurrency(currency)) onCurrency(currency);
  };
  return (
    <>
      <TextField
        label={t`Currency`}
        placeholder={t`All`}
        maxLength={3}
        list={listId}
        autoComplete="off"
        value={text}
        error={isUnknown && text.length === 3 ? t`${text.toUpperCase()} is not a currency` : null}
        onChange={({ target }) => change(target.value)}
      />
      <datalist id={listId}>
        {CURRENCIES.map((currency) => (
          <option key={currency} value={currency} />
        ))}
      </datalist>
    </>
  );
}

interface ControlProps {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
}

function Field({ label, hint, error, children }: FieldProps & { children: (control: ControlProps) => ReactNode }) {
  const id = useId();
  const descriptionId = `${id}-description`;
  const description = error ?? hint;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": description ? descriptionId : undefined, "aria-invalid": Boolean(error) })}
      {description && (
        <p id={descriptionId} className={error ? css.error : css.hint}>
          {description}
        </p>
      )}
    </div>
  );
}

/** Lays fields out side by side where there is room. */
export function FieldRow({ children }: { readonly children: ReactNode }) {
  return <div className={css.row}>{children}</div>;
}
