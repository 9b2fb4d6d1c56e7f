import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { type ApiError, useApiMutation } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { ConfirmDialog } from "../components/confirm-dialog";
import { CurrencyField, DateField, FieldRow } from "../components/fields";
import { isolated } from "../format/isolation";
import { skipReasonLabel } from "../format/labels";
import { formatCount, formatMoney, formatMoneyList, totalsByCurrency } from "../format/money";
import { countOf } from "../format/nouns";
import { randomKey } from "../format/random-key";
import { type Column, Table } from "../components/table";
import { type PreviewPayoutsMutation, PreviewPayoutsDocument, RunPayoutsDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** The codes of partners whose payout failed, while those of the others were created. */
const FAILURES: ReadonlySet<string> = new Set(["UNAVAILABLE", "INTERNAL_ERROR"]);

interface Props {
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Creates payouts for all partners, after a preview. */
export function RunPayoutsDialog({ onClose, onSuccess }: Props) {
  const { calendar } = useSession();
  const previewPayouts = useApiMutation(PreviewPayoutsDocument);
  const runPayouts = useApiMutation(RunPayoutsDocument);
  const [from, setFrom] = useState("2000-01-01");
  const [until, setUntil] = useState(() => calendar.tomorrow());
  const [currency, setCurrency] = useState("");
  const [preview, setPreview] = useState<Preview | null>(null);
  const [excluded, setExcluded] = useState<ReadonlySet<string>>(new Set());
  const [error, setError] = useState<ApiError | null>(null);
  const [isLoading, setIsLoading] = useState(false);
  // One key per preview: a repeated click, or a retry after a timeout, continues the same run instead of starting
  // another.
  const [idempotencyKey, setIdempotencyKey] = useState("");

  const period = { periodStart: calendar.startOfDay(from) ?? "", periodEnd: calendar.startOfDay(until) ?? "" };
  // Left out, not null: null would be rejected.
  const input = { ...period, ...(currency && { currency }) };
  const excludePartnerIds = [...excluded];
  const changeWith = (setValue: (value: string) => void) => (value: string) => {
    setValue(value);
    setPreview(null);
    setExcluded(new Set());
  };
  const loadPreview = async () => {
    setIsLoading(true);
    const result = await previewPayouts({ input: { ...input, dryRun: true } });
    setIsLoading(false);
    setError("error" in result ? result.error : null);
    setPreview("payload" in result ? result.payload : null);
    setExcluded(new Set());
    setIdempotencyKey(randomKey());
  };
  const planned = preview?.planned?.filter(({ partner }) => !excluded.has(partner.id)) ?? [];
  const payoutCount = planned.length;
  // Another set of partners is another run, with a key of its own.
  const exclude = (partnerId: string, isExcluded: boolean) => {
    const next = new Set(excluded);
    if (isExcluded) next.add(partnerId);
    else next.delete(partnerId);
    setExcluded(next);
    setIdempotencyKey(randomKey());
  };
  return (
    <ConfirmDialog
      title={t`Run payouts`}
      confirmLabel={payoutCount === 0 ? t`Create payouts` : plural(payoutCount, { one: "Create # payout", other: "Create # payouts" })}
      canConfirm={payoutCount > 0}
      onClose={onClose}
      onConfirm={() =>
        runPayouts({ input: { ...input, ...(excludePartnerIds.length > 0 && { excludePartnerIds }), idempotencyKey } })
      }
      onSuccess={({ payoutCount, totals, skipped }) => {
        const failed = skipped?.filter(({ code }) => FAILURES.has(code)).map(({ partner }) => isolated(partner.companyName)) ?? [];
        const payouts = countOf("payout", payoutCount ?? 0);
        const created = totals?.length ? t`Created ${payouts}: ${formatMoneyList(totals)}.` : t`Created ${payouts}.`;
        const failures =
          failed.length > 0 ? ` ${t`Not paid because of an error, run payouts again: ${failed.join(", ")}.`}` : "";
        onSuccess(created + failures);
      }}
    >
      <p className="muted">
        <Trans>
          Creates a payout for every partner with approved commissions dated from <em>From</em> up to, but not including,{" "}
          <em>Until</em> (time zone {calendar.timeZone}): as the days are now, everything that is not in a payout yet. Commissions
          still on hold are left out.
        </Trans>
      </p>
      <FieldRow>
        <DateField label={t`From`} value={from} onDate={changeWith(setFrom)} />
        <DateField label={t`Until`} value={until} onDate={changeWith(setUntil)} />
        <CurrencyField value={currency} onCurrency={changeWith(setCurrency)} />
      </FieldRow>
      <div className="buttons">
        <button
          className={preview ? "button" : "button-primary"}
          type="button"
          aria-disabled={isLoading}
          onClick={() => isLoading || void loadPreview()}
        >
          {isLoading ? t`Loading…` : t`Preview`}
        </button>
      </div>
      {error && <ErrorAlert error={error} />}
      {preview && <RunPreview preview={preview} excluded={excluded} onExclude={exclude} />}
    </ConfirmDialog>
  );
}

type Preview = NonNullable<PreviewPayoutsMutation["runPayouts"]>;
type PlannedPayout = NonNullable<Preview["planned"]>[number];

interface PreviewProps {
  readonly preview: Preview;
  /** The ids of the partners that are left out. */
  readonly excluded: ReadonlySet<string>;
  readonly onExclude: (partnerId: string, isExcluded: boolean) => void;
}

/** The payouts that a run would create, one per row, any of which can be left out, and the partners that it skips. */
function RunPreview({ preview, excluded, onExclude }: PreviewProps) {
  const { planned, skipped } = preview;
  const included = planned?.filter(({ partner }) => !excluded.has(partner.id)) ?? [];
  const total = formatMoneyList(totalsByCurrency(included.map(({ totalAmount }) => totalAmount)));
  const columns: readonly Column<PlannedPayout & { id: string }>[] = [
    {
      header: t`Pay`,
      isCompact: true,
      cell: ({ partner, totalAmount }) => (
        <input
          type="checkbox"
          aria-label={t`Pay ${isolated(partner.companyName)} ${formatMoney(totalAmount)}`}
          checked={!excluded.has(partner.id)}
          onChange={({ target }) => onExclude(partner.id, !target.checked)}
        />
      ),
    },
    {
      header: t`Partner`,
      cell: ({ partner }) => (
        <>
          <bdi>{partner.companyName}</bdi> <span className="muted">{partner.partnerNumber}</span>
        </>
      ),
    },
    { header: t`Commissions`, isNumber: true, cell: ({ commissionCount }) => formatCount(commissionCount) },
    { header: t`Amount`, isNumber: true, cell: ({ totalAmount }) => <Amount value={totalAmount} /> },
  ];
  return (
    <div className="stack">
      <p role="status">
        <strong>
          {included.length > 0
            ? t`${countOf("payout", included.length)}, ${total} in total.`
            : planned?.length
              ? t`Every partner is left out.`
              : t`There is nothing to pay.`}
        </strong>
      </p>
      {planned && planned.length > 0 && (
        <Table
          caption={t`Planned payouts`}
          columns={columns}
          rows={planned.map((payout) => ({ ...payout, id: `${payout.partner.id} ${payout.currency}` }))}
          isLoading={false}
          rowTestId="planned-payout"
        />
      )}
      {skipped && skipped.length > 0 && (
        <div>
          <h3><Trans>Skipped</Trans></h3>
          <ul>
            {skipped.map(({ partner, currency, amount, code }) => (
              <li key={`${partner.id} ${currency}`}>
                <bdi>{partner.companyName}</bdi>: <Amount value={amount} />. {skipReasonLabel(code)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
