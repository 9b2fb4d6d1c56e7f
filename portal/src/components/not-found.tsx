import { useDocumentTitle } from "../hooks/document-title";
import { PageHeader } from "./page-header";

/** The page for unknown URLs. */
export function NotFound() {
  useDocumentTitle("Not found");
  return <PageHeader title="Not found" lead="This page does not exist." />;
}
