import { t } from "@lingui/core/macro";
import { useRef } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { ChoiceField, FieldRow, TextField } from "../components/fields";
import { parsePercentage, PERCENTAGE_MESSAGE, percentageText, rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { PARTNER_STATUSES, partnerStatusLabel, TIER_OPTIONS } from "../format/labels";
import { randomKey } from "../format/random-key";
import {
  CreatePartnerDocument, type PartnerDetailsFragment, type PartnerStatus, type PartnerTier, UpdatePartnerDocument,
} from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { sendAgain } from "./repeated-act";

interface Props {
  /** The partner to change; without one, a partner is created. */
  readonly partner?: PartnerDetailsFragment | undefined;
  readonly onClose: () => void;
  /** Called with a message for the user, and the id of the partner. */
  readonly onSuccess: (message: string, id: string) => void;
}

/** Creates a partner, or changes its properties and terms. */
export function PartnerDialog({ partner, onClose, onSuccess }: Props) {
  const { viewer, calendar } = useSession();
  const create = useApiMutation(CreatePartnerDocument);
  // One key per content of the form: repeated, it is the same partner, and after a change another request.
  const request = useRef({ content: "", key: "" });
  const update = useApiMutation(UpdatePartnerDocument);
  const save = (valueOf: (name: string) => string) => {
    const rateText = valueOf("defaultCommissionRate");
    const defaultCommissionRate = rateText === "" ? null : parsePercentage(rateText);
    if (defaultCommissionRate === undefined) {
      return Promise.resolve(rejected("defaultCommissionRate", PERCENTAGE_MESSAGE));
    }
    const input = {
      companyName: valueOf("companyName"),
      payoutCurrency: valueOf("payoutCurrency").toUpperCase(),
      tier: valueOf("tier") as PartnerTier,
      status: valueOf("status") as PartnerStatus,
      defaultCommissionRate,
    };
    if (!partner) {
      const partnerNumber = valueOf("partnerNumber");
      const content = { ...input, ...(partnerNumber && { partnerNumber }) };
      const text = JSON.stringify(content);
      if (request.current.content !== text) request.current = { content: text, key: randomKey() };
      const idempotencyKey = request.current.key;
      return sendAgain(() => create({ input: { ...content, idempotencyKey } }), () => {});
    }
    const effectiveFrom = calendar.startOfDay(valueOf("effectiveFrom"));
    // What did not change is left out: another user may have changed it meanwhile.
    const changes = Object.fromEntries(
      Object.entries(input).filter(([name, value]) => partner[name as keyof typeof input] !== value),
    );
    return update({ input: { id: partner.id, ...changes, ...(effectiveFrom && { effectiveFrom }) } });
  };
  return (
    <ConfirmDialog
      title={partner ? t`Edit partner` : t`New partner`}
      confirmLabel={partner ? t`Save` : t`Create partner`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={({ partner: saved }) => {
        if (!saved) return;
        const name = isolated(saved.companyName);
        onSuccess(partner ? t`Saved ${name}.` : t`Created ${name}. Assign its customers and add its users here.`, saved.id);
      }}
    >
      {(errorOf) => (
        <>
          <TextField
            label={t`Company`}
            name="companyName"
            dir="auto"
            required
            autoComplete="off"
            defaultValue={partner?.companyName}
            error={errorOf("companyName")}
          />
          <FieldRow>
            {!partner && (
              <TextField
                label={t`Number`}
                name="partnerNumber"
                placeholder={t`Assigned`}
                autoComplete="off"
                error={errorOf("partnerNumber")}
              />
            )}
            <TextField
              label={t`Rate in percent`}
              name="defaultCommissionRate"
              inputMode="decimal"
              autoComplete="off"
              defaultValue={percentageText(partner?.defaultCommissionRate ?? null)}
              hint={t`Empty: only accounts with a rate of their own earn`}
              error={errorOf("defaultCommissionRate")}
            />
            <TextField
              label={t`Payout currency`}
              name="payoutCurrency"
              maxLength={3}
              required
              autoComplete="off"
              defaultValue={partner?.payoutCurrency ?? viewer.tenant.defaultCurrency}
              error={errorOf("payoutCurrency")}
            />
          </FieldRow>
          <FieldRow>
            <ChoiceField
              label={t`Status`}
              name="status"
              defaultValue={partner?.status ?? "ACTIVE"}
              options={PARTNER_STATUSES.map((value) => ({ value, label: partnerStatusLabel(value).label }))}
              error={errorOf("status")}
            />
            <ChoiceField
              label={t`Tier`}
              name="tier"
              defaultValue={partner?.tier ?? "BRONZE"}
              options={TIER_OPTIONS}
              error={errorOf("tier")}
            />
          </FieldRow>
          {partner && (
            <TextField
              label={t`Rate, status and tier hold from`}
              name="effectiveFrom"
              type="date"
              hint={t`Empty: from now on. A past day counts for invoices that are recorded from now on; for a recorded one, open its commission and correct the invoice.`}
              error={errorOf("effectiveFrom")}
            />
          )}
        </>
      )}
    </ConfirmDialog>
  );
}
