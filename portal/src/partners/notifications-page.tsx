import { t } from "@lingui/core/macro";
import { useState } from "react";
import { type ApiError, useApiMutation, useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { useToast } from "../components/toasts";
import { notificationKindLabel } from "../format/labels";
import {
  NotificationPreferencesDocument, type NotificationPreferencesQuery, UpdateNotificationPreferencesDocument,
} from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import css from "./notifications-page.module.css";

type Preference = Pick<NotificationPreferencesQuery["viewer"]["notificationPreferences"][number], "kind" | "isWanted">;

/** What each kind of notification tells. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  PAYOUT_CREATED: t`A payout to you is being prepared.`,
  PAYOUT_COMPLETED: t`The money of a payout has arrived.`,
  PAYOUT_FAILED: t`A payout failed, and why.`,
  MONTHLY_DIGEST: t`On the first day of each month: what you earned and were paid in the month before.`,
};

/** Chooses which notifications a partner user receives by mail. */
export function NotificationsPage() {
  useDocumentTitle(t`Notifications`);
  const { viewer } = useSession();
  const { data, error, refetch } = useApiQuery(NotificationPreferencesDocument, {});
  const preferences = data?.viewer.notificationPreferences;
  if (viewer.kind === "STAFF") {
    return <PageHeader title={t`Notifications`} lead={t`Each partner user chooses here which notifications to receive by mail.`} />;
  }
  return (
    <>
      <PageHeader title={t`Notifications`} lead={t`The notifications that you receive by mail`} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !preferences) && (
        <Section title={t`Mails`} lead={t`Sent to owners, admins and finance users of a partner. A change is saved at once.`}>
          {preferences ? <Preferences preferences={preferences} onChange={refetch} /> : <Skeleton width="long" />}
        </Section>
      )}
    </>
  );
}

interface Props {
  readonly preferences: readonly Preference[];
  readonly onChange: () => void;
}

function Preferences({ preferences, onChange }: Props) {
  const update = useApiMutation(UpdateNotificationPreferencesDocument);
  const showToast = useToast();
  const [error, setError] = useState<ApiError | null>(null);
  // What was chosen and is not confirmed yet.
  const [saving, setSaving] = useState<Preference | null>(null);
  const choose = async (preference: Preference) => {
    setSaving(preference);
    const result = await update({ input: { preferences: [preference] } });
    setSaving(null);
    setError("error" in result ? result.error : null);
    if ("error" in result) return;
    const label = notificationKindLabel(preference.kind);
    showToast(preference.isWanted ? t`Turned on: ${label}.` : t`Turned off: ${label}.`);
    onChange();
  };
  return (
    <div className="stack">
      {error && <ErrorAlert error={error} />}
      {preferences.map(({ kind, isWanted }) => (
        <label key={kind} className={css.choice}>
          <input
            type="checkbox"
            checked={saving?.kind === kind ? saving.isWanted : isWanted}
            aria-disabled={saving !== null}
            onChange={({ target }) => saving === null && void choose({ kind, isWanted: target.checked })}
          />
          <span>
            <strong>{notificationKindLabel(kind)}</strong>
            <span className="muted">{DESCRIPTIONS[kind]}</span>
          </span>
        </label>
      ))}
    </div>
  );
}
