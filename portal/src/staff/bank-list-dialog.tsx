import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, useState } from "react";
import type { ApiError } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { Dialog } from "../components/dialog";
import { TextAreaField } from "../components/fields";
import { type Column, Table } from "../components/table";
import { isolated } from "../format/isolation";
import { formatCount, formatMoneyList, totalsByCurrency } from "../format/money";
import { type MatchedLine, matchBankList, parseBankList } from "./bank-list";
import { BulkDialog } from "./bulk-dialog";
import { useMatchingPayouts } from "./matching";
import { usePayoutChange } from "./payout-change";

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

// eslint-disable-next-line lingui/no-unlocalized-strings
const EXAMPLE = "P-00001\t1,234.50\tWIRE-4711";

function PasteDialog({ onClose, onMatched }: PasteProps) {
  const loadMatching = useMatchingPayouts();
  const [isLoading, setIsLoading] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isLoading) return;
    const lines = parseBankList(String(new FormData(event.currentTarget).get("list") ?? ""));
    if (lines.length === 0) return setProblem(t`Paste at least one line`);
    setProblem(null);
    setError(null);
    setIsLoading(true);
    const loaded = await loadMatching({ status: ["READY", "PROCESSING"] })(() => {}, () => false);
    setIsLoading(false);
    if ("error" in loaded) return setError(loaded.error);
    onMatched(matchBankList(lines, loaded.rows));
  };
  return (
    <Dialog title={t`Complete payouts from a bank’s list`} variant="modal" onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>
          <Trans>
            Paste one line per payment: the payout’s id or the partner’s number, the amount, and the reference, separated by
            tabs, semicolons or commas. Nothing is done before you have seen what each line matches.
          </Trans>
        </p>
        <TextAreaField
          label={t`List`}
          name="list"
          rows={8}
          spellCheck={false}
          placeholder={EXAMPLE}
          error={problem}
        />
        {error && <ErrorAlert error={error} />}
        <div className="buttons">
          <button className="button-primary" type="submit" aria-disabled={isLoading}>
            {isLoading ? t`Matching…` : t`Match`}
          </button>
          <button className="button" type="button" onClick={onClose}>
            <Trans>Back</Trans>
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
  const { complete } = usePayoutChange();
  const matched = lines.filter(({ payout }) => payout !== null);
  return (
    <BulkDialog
      title={(count) => plural(count, { one: "Complete # payout?", other: "Complete # payouts?" })}
      noun="payout"
      doneLabel={(count) => {
        const completed = plural(count, { one: "# payout completed", other: "# payouts completed" });
        const others = lines.length - matched.length;
        return others > 0 ? `${completed}, ${plural(others, { one: "# line left out", other: "# lines left out" })}` : completed;
      }}
      confirmLabel={t`Complete`}
      rows={matched}
      labelOf={({ line, payout }) => t`Line ${line.number}, ${isolated(payout?.partner.companyName ?? "")}`}
      batchSize={1}
      perform={([row]) => complete(row?.payout?.id ?? "", row?.reference ?? "")}
      onClose={onClose}
      onEnd={onEnd}
    >
      {() => (
        <>
          <p>
            {matchSentence(matched, lines.length)}{" "}
            <Trans>Confirm that the money has arrived. This is final: the commissions are settled.</Trans>
          </p>
          <Table caption={t`Lines`} columns={COLUMNS} rows={lines} isLoading={false} rowTestId="bank-line" />
        </>
      )}
    </BulkDialog>
  );
}

/** How many lines match a payout, and which sums these have. */
function matchSentence(matched: readonly MatchedLine[], lineCount: number): string {
  const matchedCount = formatCount(matched.length);
  if (matched.length === 0) {
    return plural(lineCount, {
      one: `${matchedCount} of # line match an open payout.`,
      other: `${matchedCount} of # lines match an open payout.`,
    });
  }
  const totals = formatMoneyList(totalsByCurrency(matched.map(totalOf)));
  return plural(lineCount, {
    one: `${matchedCount} of # line match an open payout: ${totals}.`,
    other: `${matchedCount} of # lines match an open payout: ${totals}.`,
  });
}

const totalOf = ({ payout }: MatchedLine) => payout?.totalAmount ?? { amount: "0", currency: "USD" };

// Few columns and no text that cannot wrap: the table fits into the dialog.
const COLUMNS: readonly Column<MatchedLine>[] = [
  {
    header: t`Line`,
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
  { header: t`Amount`, isNumber: true, cell: ({ payout }) => (payout ? <Amount value={payout.totalAmount} /> : <EmptyValue />) },
  { header: t`Result`, cell: ({ problem }) => problem ?? <strong><Trans>Will be completed</Trans></strong> },
];
