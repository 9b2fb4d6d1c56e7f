import { type FormEvent, type ReactNode, useState } from "react";
import type { Outcome, Trouble } from "../api";
import { Refusals, TroubleNotice } from "../parts/notice";
import { Sheet } from "../parts/sheet";

interface Props<Payload> {
  readonly title: string;
  /** What is about to happen. */
  readonly children?: ReactNode;
  /** The word on the button that does it. */
  readonly verb: string;
  readonly isReady?: boolean;
  readonly onClose: () => void;
  /** Does it, with what was written in the form. */
  readonly act: (text: (name: string) => string) => Promise<Outcome<Payload>>;
  readonly onDone: (payload: Payload) => void;
}

/** Asks before something is done, does it, and says why not if it was refused: then it can be tried again. */
export function Ask<Payload>({ title, children, verb, isReady = true, onClose, act, onDone }: Props<Payload>) {
  const [isBusy, setIsBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isBusy || !isReady) return;
    const fields = new FormData(event.currentTarget);
    setIsBusy(true);
    const outcome = await act((name) => String(fields.get(name) ?? "").trim());
    setIsBusy(false);
    setTrouble("trouble" in outcome ? outcome.trouble : null);
    setRefusals("refusals" in outcome ? outcome.refusals : []);
    if ("payload" in outcome && outcome.refusals.length === 0) onDone(outcome.payload);
  };
  return (
    <Sheet title={title} isQuestion onClose={onClose}>
      <form className="stack" onSubmit={(event) => void send(event)} aria-busy={isBusy}>
        {children}
        {trouble && <TroubleNotice trouble={trouble} />}
        <Refusals of={refusals} />
        <div className="buttons">
          <button className="strong" type="submit" aria-disabled={isBusy || !isReady}>
            {isBusy ? "One moment…" : verb}
          </button>
          <button className="plain" type="button" onClick={onClose}>
            Back
          </button>
        </div>
      </form>
    </Sheet>
  );
}
