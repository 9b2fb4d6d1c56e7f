import { type FormEvent, useRef, useState } from "react";
import { type Trouble, useAct } from "../api";
import { SubmitReferralLeadDocument } from "../gql/graphql";
import { NoteField, Row, TextField } from "../parts/fields";
import { Refusals, TroubleNotice } from "../parts/notice";
import { Sheet } from "../parts/sheet";

interface Props {
  readonly partnerId: string;
  /** What the value is in. */
  readonly currency: string;
  readonly onClose: () => void;
  readonly onDone: (name: string) => void;
}

/** A lead to submit. What is wrong with it is for the server to say, and stands at the field. */
export function LeadForm({ partnerId, currency, onClose, onDone }: Props) {
  const submit = useAct(SubmitReferralLeadDocument);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const refuse = (trouble: Trouble) => {
    setTrouble(trouble);
    const { field } = trouble;
    if (field) form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(field)}"]`)?.focus();
  };
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy) return;
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name) ?? "");
    const given = (name: string) => text(name).trim() || null;
    const value = given("estimatedValue");
    if (value && !/^\d+(\.\d+)?$/.test(value)) {
      const message = "Write digits, and a dot before the decimals, as in 1500.00";
      return refuse({ kind: "input", message, field: "estimatedValue", requestId: null });
    }
    setIsBusy(true);
    const outcome = await submit({
      input: {
        partnerId,
        companyName: given("companyName"),
        contactName: text("contactName"),
        contactEmail: text("contactEmail"),
        contactPhone: given("contactPhone"),
        estimatedValue: value ? { amount: value, currency } : null,
        source: given("source"),
        notes: given("notes"),
      },
    });
    setIsBusy(false);
    if ("trouble" in outcome) return refuse(outcome.trouble);
    setTrouble(null);
    setRefusals(outcome.refusals);
    if (outcome.refusals.length === 0) onDone(given("companyName") ?? text("contactName"));
  };

  const names = ["companyName", "contactName", "contactEmail", "contactPhone", "estimatedValue", "source", "notes"];
  const wrong = (name: string) => (trouble?.kind === "input" && trouble.field === name ? trouble.message : null);
  const isElsewhere = trouble && !(trouble.kind === "input" && trouble.field && names.includes(trouble.field));
  return (
    <Sheet title="Submit a lead" isQuestion onClose={onClose}>
      <form ref={form} className="stack" onSubmit={(event) => void send(event)} noValidate aria-busy={isBusy}>
        <TextField label="Company" name="companyName" autoComplete="off" wrong={wrong("companyName")} />
        <TextField label="Contact name" name="contactName" required autoComplete="off" wrong={wrong("contactName")} />
        <Row>
          <TextField label="E-mail" name="contactEmail" type="email" required autoComplete="off" wrong={wrong("contactEmail")} />
          <TextField label="Phone" name="contactPhone" type="tel" autoComplete="off" wrong={wrong("contactPhone")} />
        </Row>
        <Row>
          <TextField
            label={`Estimated value in ${currency}`}
            name="estimatedValue"
            inputMode="decimal"
            placeholder="1500.00"
            autoComplete="off"
            wrong={wrong("estimatedValue")}
          />
          <TextField label="Where you met" name="source" autoComplete="off" wrong={wrong("source")} />
        </Row>
        <NoteField label="Notes" name="notes" wrong={wrong("notes")} />
        {isElsewhere && <TroubleNotice trouble={trouble} />}
        <Refusals of={refusals} />
        <div className="buttons">
          <button className="strong" type="submit" aria-disabled={isBusy}>
            {isBusy ? "Submitting…" : "Submit"}
          </button>
          <button className="plain" type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Sheet>
  );
}
