import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { AmountList } from "../components/amounts";
import { ConfirmDialog } from "../components/confirm-dialog";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { useToast } from "../components/toasts";
import { decimalText, parseAmount, rejected } from "../format/input";
import { isCurrency, type Money } from "../format/money";
import {
  TenantSettingsDocument, type TenantSettingsFragment, UpdateTenantSettingsDocument, type UpdateTenantSettingsInput,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { BrandingSection } from "./branding-section";
import { PayingAccountSection } from "./paying-account-section";
import { SettingsNav } from "./settings-nav";
import { StripeSection } from "./stripe-section";
import { TenantLegalSection } from "./tenant-legal-section";

/** The settings of the tenant: all staff see them, admins change them. */
export function SettingsPage() {
  useDocumentTitle(t`Settings`);
  const { viewer } = useSession();
  const { data, error, refetch } = useApiQuery(TenantSettingsDocument, {});
  const [isEditing, setIsEditing] = useState(false);
  const showToast = useToast();
  const tenant = data?.viewer.tenant;
  return (
    <>
      <SettingsNav />
      <PageHeader
        title={t`Settings`}
        lead={t`What holds for all partners`}
        actions={
          viewer.role === "admin" && (
            <button className="button-primary" type="button" disabled={!tenant} onClick={() => setIsEditing(true)}>
              <Trans>Edit settings…</Trans>
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !tenant) && (
        <Section title={t`Tenant`}>{tenant ? <Settings tenant={tenant} /> : <Skeleton width="long" />}</Section>
      )}
      {tenant && <StripeSection />}
      {tenant && <PayingAccountSection />}
      {tenant && <BrandingSection tenant={tenant} canEdit={viewer.role === "admin"} onChange={refetch} />}
      {tenant && <TenantLegalSection legal={tenant.legal} canChange={viewer.role === "admin"} onSaved={refetch} />}
      {isEditing && tenant && (
        <SettingsDialog
          tenant={tenant}
          onClose={() => setIsEditing(false)}
          onSuccess={() => {
            setIsEditing(false);
            showToast(t`The settings were saved.`);
            refetch();
          }}
        />
      )}
    </>
  );
}

function Settings({ tenant }: { readonly tenant: TenantSettingsFragment }) {
  const { name, timeZone, defaultCurrency, holdDays, payoutDay, minimumPayouts, contactEmail } = tenant;
  return (
    <DescriptionList>
      <DescriptionItem term={t`Name`}>
        <bdi>{name}</bdi>
      </DescriptionItem>
      <DescriptionItem term={t`Time zone`}><Trans>{timeZone}: days and months are those of this zone</Trans></DescriptionItem>
      <DescriptionItem term={t`Default currency`}><Trans>{defaultCurrency}, for new partners</Trans></DescriptionItem>
      <DescriptionItem term={t`Hold`}>
        {holdDays === 0
          ? t`none`
          : plural(holdDays, {
              one: "# day after the event, before a commission can be paid",
              other: "# days after the event, before a commission can be paid",
            })}
      </DescriptionItem>
      <DescriptionItem term={t`Payout day`}>
        {payoutDay === null ? t`none; partners see no date of the next payout` : t`day ${payoutDay} of each month`}
      </DescriptionItem>
      <DescriptionItem term={t`Minimum payouts`}>
        {minimumPayouts.length === 0 ? t`none` : <AmountList values={minimumPayouts} />}
      </DescriptionItem>
      <DescriptionItem term={t`Contact`}>
        {contactEmail ? <bdi>{contactEmail}</bdi> : t`none; nobody is notified by mail if a webhook does not work`}
      </DescriptionItem>
    </DescriptionList>
  );
}

const MINIMUM = `${decimalText("50.00")} USD`;
const MINIMUMS_MESSAGE = t`Enter one amount per line, such as ${MINIMUM}, each currency once`;

/** Reads amounts, one per line; undefined if a line is not one. */
function parseMinimums(text: string): Money[] | undefined {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const amounts = lines.map((line) => {
    const [, text = "", code = ""] = /^(.*)\s([a-z]{3})$/i.exec(line) ?? [];
    const [amount, currency] = [parseAmount(text), code.toUpperCase()];
    return amount && isCurrency(currency) ? { amount, currency } : null;
  });
  return amounts.some((amount) => amount === null) ? undefined : (amounts as Money[]);
}

interface DialogProps {
  readonly tenant: TenantSettingsFragment;
  readonly onClose: () => void;
  readonly onSuccess: () => void;
}

function SettingsDialog({ tenant, onClose, onSuccess }: DialogProps) {
  const update = useApiMutation(UpdateTenantSettingsDocument);
  const isWholeNumber = (text: string) => /^\d{1,4}$/.test(text);
  const save = (valueOf: (name: string) => string) => {
    const [holdDays, payoutDay] = [valueOf("holdDays"), valueOf("payoutDay")];
    if (!isWholeNumber(holdDays)) return Promise.resolve(rejected("holdDays", t`Enter a number of days`));
    if (payoutDay !== "" && !isWholeNumber(payoutDay)) {
      return Promise.resolve(rejected("payoutDay", t`Enter a day of the month, or leave it empty`));
    }
    const minimumPayouts = parseMinimums(valueOf("minimumPayouts"));
    if (!minimumPayouts) return Promise.resolve(rejected("minimumPayouts", MINIMUMS_MESSAGE));
    const input: UpdateTenantSettingsInput = {
      name: valueOf("name"),
      timeZone: valueOf("timeZone"),
      defaultCurrency: valueOf("defaultCurrency").toUpperCase(),
      holdDays: Number(holdDays),
      payoutDay: payoutDay === "" ? null : Number(payoutDay),
      minimumPayouts,
      contactEmail: valueOf("contactEmail") || null,
    };
    return update({ input });
  };
  return (
    <ConfirmDialog title={t`Edit settings`} confirmLabel={t`Save`} onClose={onClose} onConfirm={save} onSuccess={onSuccess}>
      {(errorOf) => (
        <>
          <TextField
            label={t`Name`}
            name="name"
            dir="auto"
            required
            autoComplete="off"
            defaultValue={tenant.name}
            error={errorOf("name")}
          />
          <FieldRow>
            <TextField
              label={t`Time zone`}
              name="timeZone"
              required
              autoComplete="off"
              defaultValue={tenant.timeZone}
              hint={t`A name of the IANA database, such as Europe/Berlin`}
              error={errorOf("timeZone")}
            />
            <TextField
              label={t`Default currency`}
              name="defaultCurrency"
              maxLength={3}
              required
              autoComplete="off"
              defaultValue={tenant.defaultCurrency}
              error={errorOf("defaultCurrency")}
            />
          </FieldRow>
          <FieldRow>
            <TextField
              label={t`Hold in days`}
              name="holdDays"
              inputMode="numeric"
              required
              autoComplete="off"
              defaultValue={tenant.holdDays}
              hint={t`For commissions recorded from now on`}
              error={errorOf("holdDays")}
            />
            <TextField
              label={t`Payout day`}
              name="payoutDay"
              inputMode="numeric"
              autoComplete="off"
              defaultValue={tenant.payoutDay ?? ""}
              hint={t`1 to 28; empty: none`}
              error={errorOf("payoutDay")}
            />
          </FieldRow>
          <TextAreaField
            label={t`Minimum payouts`}
            name="minimumPayouts"
            defaultValue={tenant.minimumPayouts.map(({ amount, currency }) => `${decimalText(amount)} ${currency}`).join("\n")}
            hint={t`One amount per line, such as ${MINIMUM}; other currencies have no minimum`}
            error={errorOf("minimumPayouts")}
          />
          <TextField
            label={t`Contact`}
            name="contactEmail"
            type="email"
            dir="ltr"
            autoComplete="off"
            defaultValue={tenant.contactEmail ?? ""}
            hint={t`The e-mail address that is notified of webhooks that do not work; empty: nobody`}
            error={errorOf("contactEmail")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}
