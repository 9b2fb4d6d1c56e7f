import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { CurrencyField, DateField, FieldRow, SelectField, TextField } from "../components/fields";
import { decimalText, parseAmount } from "../format/input";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { cleared, type FilterField, type ListView, useListView, VIEW } from "./list-view";
import { PartnerFilter } from "./partner-filter";

const FLAGS = [
  { value: "yes", label: t`Yes` },
  { value: "no", label: t`No` },
];

/** The filter of a list, kept in the address. A change returns to the first page. */
export function ListFilter({ view, children }: { readonly view: ListView; readonly children?: ReactNode }) {
  const { params, setParams } = useUrlState();
  const { problem, isFiltered } = useListView(view);
  const others = params.get("conditions");
  const further = view.fields.filter(({ isFurther }) => isFurther);
  // Another view, or none: the fields that keep what is typed begin anew.
  const [clearings, setClearings] = useState(0);
  return (
    <form role="search" aria-label={view.name} className="stack" onSubmit={(event) => event.preventDefault()}>
      <FieldRow key={`${clearings} ${params.get(VIEW) ?? ""}`}>
        {view.fields.filter(({ isFurther }) => !isFurther).map((field) => (
          <FilterControl key={field.param} field={field} />
        ))}
        <button
          className="button"
          type="button"
          disabled={!isFiltered && !params.has(VIEW)}
          onClick={() => {
            setParams({ ...cleared(view), [VIEW]: null });
            setClearings(clearings + 1);
          }}
        >
          <Trans>Clear</Trans>
        </button>
        {children}
      </FieldRow>
      {further.length > 0 && (
        <details open={further.some(({ param }) => params.has(param)) || undefined}>
          <summary><Trans>More filters</Trans></summary>
          <FieldRow key={`${clearings} ${params.get(VIEW) ?? ""}`}>
            {further.map((field) => (
              <FilterControl key={field.param} field={field} />
            ))}
          </FieldRow>
        </details>
      )}
      {others && (
        <p className="muted">
          <Trans>
            Further conditions: <code dir="ltr">{others}</code>
          </Trans>
        </p>
      )}
      {problem && (
        <p className="muted" role="status">
          {problem}
        </p>
      )}
    </form>
  );
}

function FilterControl({ field }: { readonly field: FilterField }) {
  const { params, setParams } = useUrlState();
  const { param, label, kind, options = FLAGS, allLabel = t`All` } = field;
  const value = params.get(param) ?? "";
  const set = (value: string) => setParams({ ...FIRST_PAGE, [param]: value });
  switch (kind) {
    case "choice":
    case "value":
    case "flag":
      return (
        <SelectField
          label={label}
          value={options.some((option) => option.value === value) ? value : ""}
          onChange={set}
          options={[{ value: "", label: allLabel }, ...options]}
        />
      );
    case "from":
    case "to":
      return <DateField label={label} value={value} onDate={set} />;
    case "currency":
      return <CurrencyField value={value} onCurrency={set} />;
    case "partner":
      return <PartnerFilter />;
    default:
      return <TextFilter field={field} value={value} onText={set} />;
  }
}

interface TextFilterProps {
  readonly field: FilterField;
  readonly value: string;
  readonly onText: (text: string) => void;
}

/** A text of the filter. It keeps what is typed while the address follows, and shows another text that the address gets. */
function TextFilter({ field, value, onText }: TextFilterProps) {
  const isAmount = field.kind === "amount";
  const shown = isAmount ? decimalText(value) : value;
  const [text, setText] = useState(shown);
  // What was sent to the address and has not come back yet: it does not replace what was typed meanwhile.
  const sent = useRef([value]);
  useEffect(() => {
    const arrived = sent.current.indexOf(value);
    sent.current = arrived < 0 ? [value] : sent.current.slice(arrived);
    if (arrived < 0) setText(shown);
  }, [value, shown]);
  const change = (text: string) => {
    setText(text);
    // A part of a number, such as a minus, is not sent.
    const complete = isAmount ? (parseAmount(text) ?? "") : text;
    if (complete === sent.current.at(-1)) return;
    sent.current.push(complete);
    onText(complete);
  };
  return (
    <TextField
      label={field.label}
      type={isAmount ? "text" : "search"}
      inputMode={isAmount ? "decimal" : undefined}
      dir={isAmount ? "ltr" : "auto"}
      maxLength={255}
      autoComplete="off"
      value={text}
      onChange={({ target }) => change(target.value)}
    />
  );
}
