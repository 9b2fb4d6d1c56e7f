import { t } from "@lingui/core/macro";
import { useDocumentTitle } from "../hooks/document-title";
import { PageHeader } from "./page-header";

/** The page for unknown URLs. */
export function NotFound() {
  useDocumentTitle(t`Not found`);
  return <PageHeader title={t`Not found`} lead={t`This page does not exist.`} />;
}
