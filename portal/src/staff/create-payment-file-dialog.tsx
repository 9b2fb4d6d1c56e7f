import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { type ChangedType, useApiMutation } from "../api";
import { ErrorAlert } from "../components/alert";
import { ConfirmDialog } from "../components/confirm-dialog";
import { Dialog } from "../components/dialog";
import { ErrorText } from "../components/error-text";
import { FieldRow, SelectField, TextField } from "../components/fields";
import { Progress } from "../components/progress";
import { rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import { randomKey } from "../format/random-key";
import { notInFileWords } from "../format/rail-sentences";
import { CreatePaymentFileDocument, type CreatePaymentFileMutation, type PaymentFileFormat, type QueuedPayoutFragment } from "../gql/graphql";
import css from "../partners/details.module.css";
import { useSession } from "../sign-in/session";
import { type LoadRows, useRows } from "./bulk-dialog";
import bulkCss from "./bulk-dialog.module.css";
import { PaymentFileDownload } from "./payment-file-download";
import { sendAgain } from "./repeated-act";

interface Props {
  /** The selected payouts, or a function that loads all that match. Only those that are ready can be in a file. */
  readonly payouts: readonly QueuedPayoutFragment[] | LoadRows<QueuedPayoutFragment>;
  readonly onClose: () => void;
  /** Called when a file was created. */
  readonly onEnd: () => void;
}

const TYPE: ChangedType = "Payout";

/** The most payouts that a file can have. */
const PAYOUTS_MAX = 500;

type Created = NonNullable<CreatePaymentFileMutation["createPaymentFile"]>;

const isReady = ({ status }: QueuedPayoutFragment) => status === "READY";

/** Whether a partner has a bank account that a file of a format can pay to. */
const canBePaid = (format: PaymentFileFormat) => ({ partner, totalAmount }: QueuedPayoutFragment) =>
  (format === "CSV" || totalAmount.currency === "EUR") &&
  partner.payoutAccounts.some(
    ({ rail, status, acceptsSepa }) => rail === "FILE" && status === "READY" && (format === "CSV" || acceptsSepa),
  );

/** Returns what a payout is called, by its id. */
const labelsOf = (payouts: readonly QueuedPayoutFragment[]) => (id: string) => {
  const payout = payouts.find((payout) => payout.id === id);
  return payout ? t`${isolated(payout.partner.companyName)}, ${formatMoney(payout.totalAmount)}` : id;
};

/** Creates one payment file of payouts; those that cannot be in it are listed with the reason. */
export function CreatePaymentFileDialog({ payouts, onClose, onEnd }: Props) {
  const { rows: loadedRows, error, retry } = useRows(payouts);
  const rows = loadedRows?.filter(isReady) ?? null;
  const { calendar } = useSession();
  const create = useApiMutation(CreatePaymentFileDocument, TYPE);
  // One key per dialog: a lost answer is asked for again, and no second file is created.
  const [idempotencyKey] = useState(randomKey);
  const isEuro = rows?.some(({ totalAmount }) => totalAmount.currency === "EUR") ?? true;
  const [chosen, setChosen] = useState<PaymentFileFormat | null>(null);
  const format = chosen ?? (isEuro ? "SEPA" : "CSV");
  const [created, setCreated] = useState<Created | null>(null);
  if (created?.paymentFile) return <ResultDialog created={created} payouts={rows ?? []} onClose={onClose} onDownload={onEnd} />;
  const labelOf = labelsOf(rows ?? []);
  const isTooMany = (rows?.length ?? 0) > PAYOUTS_MAX;
  const save = (valueOf: (name: string) => string) => {
    const executionDate = valueOf("executionDate");
    if (!/^\d{4}-\d\d-\d\d$/.test(executionDate)) return Promise.resolve(rejected("executionDate", t`Enter a day`));
    const payoutIds = (rows ?? []).map(({ id }) => id);
    return sendAgain(() => create({ input: { payoutIds, executionDate, format, idempotencyKey: `${idempotencyKey} ${format} ${executionDate}` } }), () => {});
  };
  return (
    <ConfirmDialog
      title={rows ? plural(rows.length, { one: "Payment file of # payout", other: "Payment file of # payouts" }) : t`Payment file`}
      confirmLabel={t`Create payment file`}
      canConfirm={rows !== null && rows.length > 0 && !isTooMany}
      onClose={onClose}
      onConfirm={save}
      // If no payout can be in a file, there is one error for each.
      onUserErrors={(errors) =>
        errors.map((error) => (error.row ? { ...error, message: `${labelOf(error.row)}: ${error.message}` } : error))
      }
      onSuccess={(payload) => {
        onEnd();
        setCreated(payload);
      }}
    >
      {(errorOf) => (
        <>
          {error && <ErrorAlert error={error} onRetry={retry} />}
          {!rows && !error && <Progress label={t`Loading`} progress={null} text={t`Loading…`} />}
          {rows && (
            <>
              <p>{t`Total: ${rows.length === 0 ? t`nothing` : formatMoneyList(totalsByCurrency(rows.map(({ totalAmount }) => totalAmount)))}`}</p>
              <p>
                <Trans>
                  You give the file to your bank, which pays the payouts. They are processing until you record what the bank has
                  done. Only payouts that are ready can be in a file.
                </Trans>
              </p>
              {isTooMany && <p role="note"><Trans>A file has at most {PAYOUTS_MAX} payouts. Select fewer.</Trans></p>}
              <FieldRow>
                <SelectField
                  label={t`Format`}
                  value={format}
                  onChange={(value) => setChosen(value === "CSV" ? "CSV" : "SEPA")}
                  options={[
                    { value: "SEPA", label: t`SEPA (pain.001), in EUR` },
                    { value: "CSV", label: t`CSV, in one currency` },
                  ]}
                />
                <TextField
                  label={t`Day of the payment`}
                  name="executionDate"
                  type="date"
                  required
                  defaultValue={calendar.tomorrow()}
                  error={errorOf("executionDate")}
                />
              </FieldRow>
              <Unpayable payouts={rows.filter((row) => !canBePaid(format)(row))} />
            </>
          )}
        </>
      )}
    </ConfirmDialog>
  );
}

/** The most partners that are listed before a file is created. */
const LISTED_MAX = 10;

/** The payouts that this format cannot pay, as far as is known. */
function Unpayable({ payouts }: { readonly payouts: readonly QueuedPayoutFragment[] }) {
  if (payouts.length === 0) return null;
  const count = payouts.length;
  const furtherCount = count - LISTED_MAX;
  return (
    <div className={css.highlight}>
      <p>
        {plural(count, {
          one: "# payout will be skipped: it has another currency, or its partner has no confirmed bank account for this format.",
          other: "# payouts will be skipped: they have another currency, or their partners have no confirmed bank account for this format.",
        })}
      </p>
      <ul>
        {payouts.slice(0, LISTED_MAX).map(({ id, partner, totalAmount }) => (
          <li key={id}>
            <Link to={`/staff/partners/${partner.id}`}>
              <bdi>{partner.companyName}</bdi>
            </Link>
            , {formatMoney(totalAmount)}
          </li>
        ))}
        {furtherCount > 0 && <li>{plural(furtherCount, { one: "and # more payout", other: "and # more payouts" })}</li>}
      </ul>
    </div>
  );
}

interface ResultProps {
  readonly created: Created;
  readonly payouts: readonly QueuedPayoutFragment[];
  readonly onClose: () => void;
  readonly onDownload: () => void;
}

/** The file that was created, and what is not in it. */
function ResultDialog({ created, payouts, onClose, onDownload }: ResultProps) {
  const { paymentFile, skipped } = created;
  const labelOf = labelsOf(payouts);
  return (
    <Dialog title={t`Payment file created`} variant="modal" onClose={onClose}>
      <div className="stack" role="status">
        {paymentFile && (
          <p>
            {plural(paymentFile.payoutCount, {
              one: `# payout, ${formatMoney(paymentFile.totalAmount)}.`,
              other: `# payouts, ${formatMoney(paymentFile.totalAmount)}.`,
            })}{" "}
            <Trans>
              Download the file, and give it to your bank. Once it was downloaded, it cannot be withdrawn any more.{" "}
              <Link to={`/staff/payouts/files/${paymentFile.id}`}>Show the file</Link>
            </Trans>
          </p>
        )}
        {skipped && skipped.length > 0 && (
          <>
            <p>{plural(skipped.length, { one: "# payout is not in it:", other: "# payouts are not in it:" })}</p>
            <ul className={bulkCss.failures} aria-label={t`Skipped`}>
              {skipped.map(({ id, code, message }) => (
                <li key={id}>
                  {labelOf(id)}: <ErrorText {...notInFileWords(code, message)} />
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      <div className="buttons">
        {paymentFile && <PaymentFileDownload file={paymentFile} isPrimary onDownload={onDownload} />}
        <button className={paymentFile ? "button" : "button-primary"} type="button" onClick={onClose}>
          <Trans>Close</Trans>
        </button>
      </div>
    </Dialog>
  );
}
