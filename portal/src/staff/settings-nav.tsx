import { t } from "@lingui/core/macro";
import { type SubPage, SubNavigation } from "../components/sub-navigation";
import { useSession } from "../sign-in/session";

const GENERAL: SubPage = { to: "/staff/settings", name: t`General`, end: true };
/** The page that only admins may see. */
const SERVICE_TOKENS: SubPage = { to: "/staff/settings/tokens", name: t`Service tokens` };
const PAGES_OF_ALL: readonly SubPage[] = [
  { to: "/staff/settings/webhooks", name: t`Webhooks` },
  { to: "/staff/settings/inbox", name: t`Received events` },
  { to: "/staff/settings/jobs", name: t`Background jobs` },
  { to: "/staff/settings/mails", name: t`Mails` },
];

/** Links between the pages of the settings. */
export function SettingsNav() {
  const { viewer } = useSession();
  const pages = viewer.role === "admin" ? [GENERAL, SERVICE_TOKENS, ...PAGES_OF_ALL] : [GENERAL, ...PAGES_OF_ALL];
  return <SubNavigation label={t`Pages of the settings`} pages={pages} />;
}
