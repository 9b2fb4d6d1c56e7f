import { t } from "@lingui/core/macro";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { STATEMENT_KINDS, statementKindLabel } from "../format/labels";
import { LegalIdentityDocument, StatementsDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useCanManagePartners, useSession } from "../sign-in/session";
import { LegalSection } from "./legal-section";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import { StatementsTable } from "./statements-table";

/** The statements of a partner: documents that never change. */
export function StatementsPage() {
  useDocumentTitle(t`Statements`);
  const partnerId = usePartnerId();
  const { params, setParams } = useUrlState();
  const kind = STATEMENT_KINDS.find((kind) => kind === params.get("kind"));
  const filter = { partnerId, ...(kind && { kind }) };
  const { data, error, isLoading, refetch } = useApiQuery(StatementsDocument, { filter, ...usePageArgs(50) });
  const statements = data?.statements;
  return (
    <>
      <PageHeader
        title={t`Statements`}
        lead={t`Documents to keep: a statement or an invoice for each completed payout, a credit note if its money came back, and statements of your account`}
        actions={<PartnerSelect />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !statements) && (
        <Section
          title={t`All statements`}
          lead={t`Latest first. A statement never changes; its content hash is the SHA-256 of its CSV file.`}
          actions={
            <SelectField
              label={t`Kind`}
              value={kind ?? ""}
              onChange={(kind) => setParams({ ...FIRST_PAGE, kind })}
              options={[
                { value: "", label: t`All` },
                ...STATEMENT_KINDS.map((value) => ({ value, label: statementKindLabel(value) })),
              ]}
            />
          }
        >
          <StatementsTable
            statements={statements?.nodes}
            isLoading={isLoading}
            emptyText={
              kind ? t`No statements match this filter.` : t`No statements yet. The first one comes with a completed payout.`
            }
          />
          {statements && (
            <Pagination
              noun="statement"
              totalCount={statements.totalCount}
              pageInfo={statements.pageInfo}
              files={statements}
            />
          )}
        </Section>
      )}
      <OwnLegalSection partnerId={partnerId} />
    </>
  );
}

/** The roles of users who may change the legal identity of their partner. */
const LEGAL_ROLES: readonly string[] = ["OWNER", "ADMIN"];

/** The legal identity of the partner; its owners and admins, support and admins of the tenant change it. */
function OwnLegalSection({ partnerId }: { readonly partnerId: string }) {
  const { viewer } = useSession();
  const canManage = useCanManagePartners();
  const { data, error, refetch } = useApiQuery(LegalIdentityDocument, { partnerId });
  const partner = data?.partner;
  const isOwn = (user: { userId: string; role: string; isActive: boolean }) =>
    user.userId === viewer.userId && user.isActive && LEGAL_ROLES.includes(user.role);
  if (error && !partner) return <ErrorAlert error={error} onRetry={refetch} />;
  if (!partner) return null;
  const canChange = viewer.kind === "STAFF" ? canManage : partner.users.some(isOwn);
  return <LegalSection partnerId={partnerId} legal={partner.legal} canChange={canChange} onSaved={refetch} />;
}
