import { t } from "@lingui/core/macro";
import { DescriptionItem } from "../components/description-list";
import type { ErrorOf } from "../components/confirm-dialog";
import { ChoiceField, FieldRow, TextAreaField, TextField } from "../components/fields";
import { countryName, countryOptions } from "../format/countries";
import type { TenantLegalFragment } from "../gql/graphql";

/** What partners and the tenant have in common. */
export type Identity = Pick<TenantLegalFragment, "name" | "addressLines" | "country" | "vatId">;

/** The values of the fields of a form, as the API expects them. */
export function readIdentity(valueOf: (name: string) => string) {
  return {
    name: valueOf("name"),
    addressLines: valueOf("addressLines").split("\n").map((line) => line.trim()).filter(Boolean),
    country: valueOf("country"),
    vatId: valueOf("vatId") || null,
  };
}

/** Returns what differs from the present values: another user may have changed the rest meanwhile. */
export function changesOf<Values extends object>(values: Values, present: Partial<Values> | null | undefined) {
  const isChanged = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(present?.[name as keyof Values] ?? null);
  return Object.fromEntries(Object.entries(values).filter(isChanged)) as Partial<Values>;
}

/** The name, the address and the tax number, as items of a description list. */
export function IdentityItems({ identity }: { readonly identity: Identity }) {
  return (
    <>
      <DescriptionItem term={t`Legal name`}>
        <bdi>{identity.name}</bdi>
      </DescriptionItem>
      <DescriptionItem term={t`Address`}>
        {identity.addressLines.map((line, index) => (
          <div key={index}>
            <bdi>{line}</bdi>
          </div>
        ))}
        {countryName(identity.country)}
      </DescriptionItem>
      <DescriptionItem term={t`VAT ID`}>{identity.vatId ? <bdi>{identity.vatId}</bdi> : t`none`}</DescriptionItem>
    </>
  );
}

interface FieldsProps {
  readonly identity: Identity | null;
  readonly errorOf: ErrorOf;
}

/** The fields of a form for the name, the address and the tax number. */
export function IdentityFields({ identity, errorOf }: FieldsProps) {
  return (
    <>
      <TextField
        label={t`Legal name`}
        name="name"
        dir="auto"
        required
        autoComplete="off"
        defaultValue={identity?.name}
        hint={t`As registered, with the legal form`}
        error={errorOf("name")}
      />
      <TextAreaField
        label={t`Address`}
        name="addressLines"
        dir="auto"
        required
        defaultValue={identity?.addressLines.join("\n")}
        hint={t`One to six lines, without the country`}
        error={errorOf("addressLines")}
      />
      <FieldRow>
        <ChoiceField
          label={t`Country`}
          name="country"
          defaultValue={identity?.country ?? ""}
          options={[{ value: "", label: t`Choose…` }, ...countryOptions()]}
          error={errorOf("country")}
        />
        <TextField
          label={t`VAT ID`}
          name="vatId"
          autoComplete="off"
          defaultValue={identity?.vatId ?? ""}
          hint={t`With its country, as in DE123456789; empty: none`}
          error={errorOf("vatId")}
        />
      </FieldRow>
    </>
  );
}
