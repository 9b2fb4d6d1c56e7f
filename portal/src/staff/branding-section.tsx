import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { TextField } from "../components/fields";
import { Section } from "../components/section";
import { useToast } from "../components/toasts";
import { rejected } from "../format/input";
import {
  type TenantSettingsFragment, UpdateTenantBrandingDocument, type UpdateTenantBrandingInput,
} from "../gql/graphql";
import { toDataUrl, useLogo } from "../hooks/branding";
import { useSession } from "../sign-in/session";
import css from "./branding-section.module.css";

interface Props {
  readonly tenant: TenantSettingsFragment;
  readonly canEdit: boolean;
  /** Called after a change. */
  readonly onChange: () => void;
}

/** The colour and the logo with which partners see the tenant. Admins change them. */
export function BrandingSection({ tenant, canEdit, onChange }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const { viewer, onViewerChange } = useSession();
  const showToast = useToast();
  const logo = useLogo(tenant.logoPath);
  return (
    <Section
      title={t`Branding`}
      lead={t`How partners and staff see the portal`}
      actions={
        canEdit && (
          <button className="button" type="button" onClick={() => setIsEditing(true)}>
            <Trans>Edit branding…</Trans>
          </button>
        )
      }
    >
      <DescriptionList>
        <DescriptionItem term={t`Colour`}>
          {tenant.brandColor ? (
            <>
              <Swatch color={tenant.brandColor} /> {tenant.brandColor}
              {tenant.brandColorOnDark && tenant.brandColorOnDark !== tenant.brandColor && (
                <>
                  {" "}
                  <span className="muted">
                    <Swatch color={tenant.brandColorOnDark} /> {t`${tenant.brandColorOnDark} on dark backgrounds`}
                  </span>
                </>
              )}
            </>
          ) : (
            t`none; the portal has its own colours`
          )}
        </DescriptionItem>
        <DescriptionItem term={t`Logo`}>
          {tenant.logoPath ? logo && <img className={css.logo} src={logo} alt={t`The logo of the tenant`} /> : <Trans>none</Trans>}
        </DescriptionItem>
      </DescriptionList>
      {isEditing && (
        <BrandingDialog
          tenant={tenant}
          onClose={() => setIsEditing(false)}
          onSuccess={({ brandColor, brandColorOnDark, logoPath }) => {
            setIsEditing(false);
            onViewerChange({ ...viewer, tenant: { ...viewer.tenant, brandColor, brandColorOnDark, logoPath } });
            showToast(t`The branding was saved.`);
            onChange();
          }}
        />
      )}
    </Section>
  );
}

function Swatch({ color }: { readonly color: string }) {
  return <span className={css.swatch} style={{ background: color }} aria-hidden="true" />;
}

/** The largest logo that the server accepts. */
const BYTES_MAX = 64 * 1024;

const COLOR_MESSAGE = t`Write a colour as in #1d4f9e, or leave the field empty`;

interface DialogProps {
  readonly tenant: TenantSettingsFragment;
  readonly onClose: () => void;
  readonly onSuccess: (tenant: TenantSettingsFragment) => void;
}

function BrandingDialog({ tenant, onClose, onSuccess }: DialogProps) {
  const update = useApiMutation(UpdateTenantBrandingDocument);
  const [file, setFile] = useState<File | null>(null);
  const [isLogoRemoved, setIsLogoRemoved] = useState(false);
  const save = async (valueOf: (name: string) => string) => {
    const brandColor = valueOf("brandColor").toLowerCase();
    if (brandColor !== "" && !/^#[0-9a-f]{6}$/.test(brandColor)) return rejected("brandColor", COLOR_MESSAGE);
    if (file && file.size > BYTES_MAX) return rejected("logo", t`The file has more than 64 KiB: use a smaller image`);
    const logo = file ? { logo: (await toDataUrl(file)).split(",")[1] ?? "" } : isLogoRemoved ? { logo: null } : {};
    const input: UpdateTenantBrandingInput = { brandColor: brandColor || null, ...logo };
    return update({ input });
  };
  return (
    <ConfirmDialog
      title={t`Edit branding`}
      confirmLabel={t`Save`}
      onClose={onClose}
      onConfirm={save}
      onSuccess={({ tenant }) => tenant && onSuccess(tenant)}
    >
      {(errorOf) => (
        <>
          <TextField
            label={t`Colour`}
            name="brandColor"
            autoComplete="off"
            placeholder="#1d4f9e"
            defaultValue={tenant.brandColor ?? ""}
            hint={t`For buttons, links and marks; empty: the colours of the portal`}
            error={errorOf("brandColor")}
          />
          <TextField
            label={t`Logo`}
            name="logo"
            type="file"
            accept="image/png,image/webp"
            hint={t`PNG or WebP, at most 64 KiB and 1,024 pixels in each direction`}
            error={errorOf("logo")}
            onChange={({ target }) => setFile(target.files?.[0] ?? null)}
          />
          {tenant.logoPath && (
            <label>
              <input
                type="checkbox"
                checked={isLogoRemoved}
                onChange={({ target }) => setIsLogoRemoved(target.checked)}
              />{" "}
              <Trans>Remove the present logo</Trans>
            </label>
          )}
        </>
      )}
    </ConfirmDialog>
  );
}
