import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { AmountList } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import { partnerStatusLabel, tierLabel } from "../format/labels";
import { StaffPartnersDocument, type StaffPartnersQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs } from "../hooks/url-state";
import { useCanManagePartners, useSession } from "../sign-in/session";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { PARTNERS_VIEW } from "./list-views";
import { PartnerDialog } from "./partner-dialog";
import { SavedViews } from "./saved-views";

type Partner = StaffPartnersQuery["partners"]["nodes"][number];

const COLUMNS: readonly Column<Partner>[] = [
  {
    header: t`Partner`,
    sort: "name",
    cell: ({ id, companyName }) => (
      <Link to={`/staff/partners/${id}`}>
        <bdi>{companyName}</bdi>
      </Link>
    ),
  },
  { header: t`Number`, isCompact: true, sort: "number", cell: ({ partnerNumber }) => <bdi>{partnerNumber}</bdi> },
  { header: t`Status`, cell: ({ status }) => <StatusBadge {...partnerStatusLabel(status)} /> },
  { header: t`Tier`, cell: ({ tier }) => tierLabel(tier) },
  {
    header: t`Pending`,
    isNumber: true,
    cell: ({ balances }) => <AmountList values={balances.map(({ pending }) => pending)} />,
  },
  {
    header: t`Approved`,
    isNumber: true,
    cell: ({ balances }) => <AmountList values={balances.map(({ approved }) => approved)} />,
  },
  {
    header: t`Outstanding`,
    isNumber: true,
    cell: ({ balances }) => <AmountList values={balances.map(({ outstanding }) => outstanding)} />,
  },
];

/** All partners of the tenant with their balances. Each links to its page. */
export function PartnersPage() {
  useDocumentTitle(t`Partners`);
  const navigate = useNavigate();
  const canManage = useCanManagePartners();
  const [isCreating, setIsCreating] = useState(false);
  const { filter, problem, orderBy, sorting, isFiltered } = useListView(PARTNERS_VIEW);
  const variables = { filter, orderBy, ...usePageArgs(20) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffPartnersDocument, variables, problem !== null);
  const partners = problem === null ? data?.partners : undefined;
  return (
    <>
      <PageHeader
        title={t`Partners`}
        lead={
          canManage
            ? t`All partners and their balances. Open one to change it.`
            : t`All partners and their balances. Support and admins create and change them.`
        }
        actions={
          canManage && (
            <button className="button-primary" type="button" onClick={() => setIsCreating(true)}>
              <Trans>New partner…</Trans>
            </button>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!(error && !data) && (
        <Section title={t`All partners`}>
          <div className="stack">
            <SavedViews view={PARTNERS_VIEW} />
            <ListFilter view={PARTNERS_VIEW} />
            {partners?.nodes.length === 0 && !isLoading ? (
              <EmptyState>{isFiltered ? t`No partners match these filters.` : t`No partners yet.`}</EmptyState>
            ) : (
              problem === null && <PartnerRows partners={partners?.nodes} isLoading={isLoading} sorting={sorting} />
            )}
            {partners && (
              <Pagination
                noun="partner"
                totalCount={partners.totalCount}
                pageInfo={partners.pageInfo}
                files={partners}
              />
            )}
          </div>
        </Section>
      )}
      {isCreating && (
        <PartnerDialog
          onClose={() => setIsCreating(false)}
          onSuccess={(_, id) => void navigate(`/staff/partners/${id}`)}
        />
      )}
    </>
  );
}

interface RowsProps {
  readonly partners: readonly Partner[] | undefined;
  readonly isLoading: boolean;
  readonly sorting: Sorting;
}

function PartnerRows({ partners, isLoading, sorting }: RowsProps) {
  const { calendar } = useSession();
  const created: Column<Partner> = {
    header: t`Created`,
    isCompact: true,
    sort: "created",
    cell: ({ createdAt }) => calendar.formatDate(createdAt),
  };
  return (
    <Table caption={t`Partners`} columns={[...COLUMNS, created]} rows={partners} isLoading={isLoading} sorting={sorting} />
  );
}
