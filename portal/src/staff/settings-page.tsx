import { useState } from "react";
import { Link } from "react-router";
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
import { isAmount, rejected } from "../format/input";
import { formatCount, isCurrency, type Money } from "../format/money";
import {
  TenantSettingsDocument, type TenantSettingsFragment, UpdateTenantSettingsDocument, type UpdateTenantSettingsInput,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { BrandingSection } from "./branding-section";
import { TenantLegalSection } from "./tenant-legal-section";

/** The settings of the tenant: all staff see them, admins change them. */
export function SettingsPage() {
  useDocumentTitle("Settings");
  const { viewer } = useSession();
  const { data, error, refetch } = useApiQuery(TenantSettingsDocument, {});
  const [isEditing, setIsEditing] = useState(false);
  const showToast = useToast();
  const tenant = data?.viewer.tenant;
  return (
    <>
      <PageHeader
        title="Settings"
        lead="What holds for all partners"
        actions={
          viewer.role === "admin" && (
            <>
              <Link className="button" to="/staff/settings/tokens">
                Service tokens
              </Link>
              <button className="button-primary" type="button" disabled={!tenant} onClick={() => setIsEditing(true)}>
                Edit settings…
              </button>
            </>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !tenant) && (
        <Section title="Tenant">{tenant ? <Settings tenant={tenant} /> : <Skeleton width="long" />}</Section>
      )}
      {tenant && <BrandingSection tenant={tenant} canEdit={viewer.role === "admin"} onChange={refetch} />}
      {tenant && <TenantLegalSection legal={tenant.legal} canChange={viewer.role === "admin"} onSaved={refetch} />}
      {isEditing && tenant && (
        <SettingsDialog
          tenant={tenant}
          onClose={() => setIsEditing(false)}
          onSuccess={() => {
            setIsEditing(false);
            showToast("The settings were saved.");
            refetch();
          }}
        />
      )}
    </>
  );
}

function Settings({ tenant }: { readonly tenant: TenantSettingsFragment }) {
  const { name, timeZone, defaultCurrency, holdDays, payoutDay, minimumPayouts } = tenant;
  return (
    <DescriptionList>
      <DescriptionItem term="Name">
        <bdi>{name}</bdi>
      </DescriptionItem>
      <DescriptionItem term="Time zone">{timeZone}: days and months are those of this zone</DescriptionItem>
      <DescriptionItem term="Default currency">{defaultCurrency}, for new partners</DescriptionItem>
      <DescriptionItem term="Hold">
        {holdDays === 0 ? "none" : `${formatCount(holdDays, "day")} after the event, before a commission can be paid`}
      </DescriptionItem>
      <DescriptionItem term="Payout day">
        {payoutDay === null ? "none; partners see no date of the next payout" : `day ${payoutDay} of each month`}
      </DescriptionItem>
      <DescriptionItem term="Minimum payouts">
        {minimumPayouts.length === 0 ? "none" : <AmountList values={minimumPayouts} />}
      </DescriptionItem>
    </DescriptionList>
  );
}

const MINIMUMS_MESSAGE = "Enter one amount per line, such as 50.00 USD, each currency once";

/** Reads amounts, one per line; undefined if a line is not one. */
function parseMinimums(text: string): Money[] | undefined {
  const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
  const amounts = lines.map((line) => {
    const [amount = "", code = "", ...rest] = line.split(/\s+/);
    const currency = code.toUpperCase();
    return isAmount(amount) && isCurrency(currency) && rest.length === 0 ? { amount, currency } : null;
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
    if (!isWholeNumber(holdDays)) return Promise.resolve(rejected("holdDays", "Enter a number of days"));
    if (payoutDay !== "" && !isWholeNumber(payoutDay)) {
      return Promise.resolve(rejected("payoutDay", "Enter a day of the month, or leave it empty"));
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
    };
    return update({ input });
  };
  return (
    <ConfirmDialog title="Edit settings" confirmLabel="Save" onClose={onClose} onConfirm={save} onSuccess={onSuccess}>
      {(errorOf) => (
        <>
          <TextField
            label="Name"
            name="name"
            dir="auto"
            required
            autoComplete="off"
            defaultValue={tenant.name}
            error={errorOf("name")}
          />
          <FieldRow>
            <TextField
              label="Time zone"
              name="timeZone"
              required
              autoComplete="off"
              defaultValue={tenant.timeZone}
              hint="A name of the IANA database, such as Europe/Berlin"
              error={errorOf("timeZone")}
            />
            <TextField
              label="Default currency"
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
              label="Hold in days"
              name="holdDays"
              inputMode="numeric"
              required
              autoComplete="off"
              defaultValue={tenant.holdDays}
              hint="For commissions recorded from now on"
              error={errorOf("holdDays")}
            />
            <TextField
              label="Payout day"
              name="payoutDay"
              inputMode="numeric"
              autoComplete="off"
              defaultValue={tenant.payoutDay ?? ""}
              hint="1 to 28; empty: none"
              error={errorOf("payoutDay")}
            />
          </FieldRow>
          <TextAreaField
            label="Minimum payouts"
            name="minimumPayouts"
            defaultValue={tenant.minimumPayouts.map(({ amount, currency }) => `${amount} ${currency}`).join("\n")}
            hint="One amount per line, such as 50.00 USD; other currencies have no minimum"
            error={errorOf("minimumPayouts")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}
