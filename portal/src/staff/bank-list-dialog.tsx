import { type FormEvent, useState } from "react";
import { type ApiError, useApiMutation } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { Dialog } from "../components/dialog";
import { TextAreaField } from "../components/fields";
import { type Column, Table } from "../components/table";
import { isolated } from "../format/isolation";
import { formatCount, formatMoneyList, totalsByCurrency } from "../format/money";
import { CompletePayoutDocument } from "../gql/graphql";
import { type MatchedLine, matchBankList, parseBankList } from "./bank-list";
import { BulkDialog } from "./bulk-dialog";
import { useMatchingPayouts } from "./matching";

interface Props {
  readonly onClose: () => void;
  /** Called when payouts were completed. */
  readonly onEnd: () => void;
}

/** Completes payouts from the list of a bank, pasted as text: first shows what each line would complete. */
export function BankListDialog({ onClose, onEnd }: Props) {
  const [lines, setLines] = useState<readonly MatchedLine[] | null>(null);
  if (!lines) return <PasteDialog onClose={onClose} onMatched={setLines} />;
  return <CompleteDialog lines={lines} onClose={onClose} onEnd={onEnd} />;
}

interface PasteProps {
  readonly onClose: () => void;
  readonly onMatched: (lines: readonly MatchedLine[]) => void;
}

function PasteDialog({ onClose, onMatched }: PasteProps) {
  const loadMatching = useMatchingPayouts();
  const [isLoading, setIsLoading] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isLoading) return;
    const lines = parseBankList(String(new FormData(event.currentTarget).get("list") ?? ""));
    if (lines.length === 0) return setProblem("Paste at least one line");
    setProblem(null);
    setError(null);
    setIsLoading(true);
    const loaded = await loadMatching({ status: ["READY", "PROCESSING"] })(() => {}, () => false);
    setIsLoading(false);
    if ("error" in loaded) return setError(loaded.error);
    onMatched(matchBankList(lines, loaded.rows));
  };
  return (
    <Dialog title="Complete payouts from a bank’s list" variant="modal" onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>
          Paste one line per payment: the payout’s id or the partner’s number, the amount, and the reference, separated by
          tabs, semicolons or commas. Nothing is done before you have seen what each line matches.
        </p>
        <TextAreaField
          label="List"
          name="list"
          rows={8}
          spellCheck={false}
          placeholder={"P-00001\t1,234.50\tWIRE-4711"}
          error={problem}
        />
        {error && <ErrorAlert error={error} />}
        <div className="buttons">
          <button className="button-primary" type="submit" aria-disabled={isLoading}>
            {isLoading ? "Matching…" : "Match"}
          </button>
          <button className="button" type="button" onClick={onClose}>
            Back
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface CompleteProps extends Props {
  readonly lines: readonly MatchedLine[];
}

function CompleteDialog({ lines, onClose, onEnd }: CompleteProps) {
  const complete = useApiMutation(CompletePayoutDocument);
  const matched = lines.filter(({ payout }) => payout !== null);
  return (
    <BulkDialog
      title={(count) => `Complete ${formatCount(count, "payout")}?`}
      noun="payout"
      participle="completed"
      confirmLabel="Complete"
      rows={matched}
      labelOf={({ line, payout }) => `Line ${line.number}, ${isolated(payout?.partner.companyName ?? "")}`}
      batchSize={1}
      perform={([row]) => complete({ input: { id: row?.payout?.id ?? "", paymentReference: row?.reference ?? "" } })}
      onClose={onClose}
      onEnd={onEnd}
    >
      {() => (
        <>
          <p>
            {formatCount(matched.length)} of {formatCount(lines.length, "line")} match an open payout
            {matched.length > 0 && <>: {formatMoneyList(totalsByCurrency(matched.map(totalOf)))}</>}. Confirm that the money
            has arrived. This is final: the commissions are settled.
          </p>
          <Table caption="Lines" columns={COLUMNS} rows={lines} isLoading={false} rowTestId="bank-line" />
        </>
      )}
    </BulkDialog>
  );
}

const totalOf = ({ payout }: MatchedLine) => payout?.totalAmount ?? { amount: "0", currency: "USD" };

// Few columns and no text that cannot wrap: the table fits into the dialog.
const COLUMNS: readonly Column<MatchedLine>[] = [
  {
    header: "Line",
    cell: ({ line, payout, reference }) => (
      <>
        {formatCount(line.number)}: <bdi>{payout?.partner.companyName ?? line.text}</bdi>
        {payout && (
          <div className="muted">
            <bdi>{reference}</bdi>
          </div>
        )}
      </>
    ),
  },
  { header: "Amount", isNumber: true, cell: ({ payout }) => (payout ? <Amount value={payout.totalAmount} /> : <EmptyValue />) },
  { header: "Result", cell: ({ problem }) => problem ?? <strong>Will be completed</strong> },
];
