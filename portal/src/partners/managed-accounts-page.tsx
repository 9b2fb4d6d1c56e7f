import { t } from "@lingui/core/macro";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { formatRate } from "../format/money";
import { ManagedAccountsPageDocument } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { ManagedAccountsTable } from "./managed-accounts-table";
import { PartnerSelect, usePartnerId } from "./partner-layout";

const FILTERS = { active: { isActive: true }, ended: { isActive: false }, all: null } as const;

/** The customers that earn the partner commission, with the totals of each. */
export function ManagedAccountsPage() {
  useDocumentTitle(t`Managed accounts`);
  const partnerId = usePartnerId();
  const { params, setParams } = useUrlState();
  const param = params.get("show") ?? "";
  const show = param === "ended" || param === "all" ? param : "active";
  const variables = { partnerId, filter: FILTERS[show], ...usePageArgs(20) };
  const { data, error, isLoading, refetch } = useApiQuery(ManagedAccountsPageDocument, variables);
  const partner = data?.partner;
  const accounts = partner?.managedAccounts;
  const defaultRate = partner?.defaultCommissionRate;
  return (
    <>
      <PageHeader
        title={t`Managed accounts`}
        lead={defaultRate ? t`The default rate is ${formatRate(defaultRate)}` : t`Customers you earn commission on`}
        actions={<PartnerSelect />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !accounts) && (
        <Section
          title={t`Accounts`}
          lead={t`Rate, revenue and commission per account`}
          actions={
            <SelectField
              label={t`Show`}
              value={show}
              onChange={(show) => setParams({ ...FIRST_PAGE, show: show === "active" ? null : show })}
              options={[
                { value: "active", label: t`Active` },
                { value: "ended", label: t`Ended` },
                { value: "all", label: t`All` },
              ]}
            />
          }
        >
          <ManagedAccountsTable
            accounts={accounts?.nodes}
            isLoading={isLoading}
            {...(show !== "ended" && { emptyText: t`No managed accounts. Customers appear here when they are assigned to you.` })}
          />
          {accounts && (
            <Pagination
              noun="account"
              totalCount={accounts.totalCount}
              pageInfo={accounts.pageInfo}
              files={accounts}
            />
          )}
        </Section>
      )}
    </>
  );
}
