import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { Breadcrumbs } from "../components/breadcrumbs";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { isolated } from "../format/isolation";
import { partnerStatusLabel, partnerUserRoleLabel, tierLabel } from "../format/labels";
import { formatCount, formatRate } from "../format/money";
import {
  type AccountRowFragment, PartnerPageDocument, type PartnerPageQuery, type PartnerUserRowFragment,
} from "../gql/graphql";
import { bankAccountOf } from "../format/payout-account";
import { useDocumentTitle } from "../hooks/document-title";
import { LegalSection } from "../partners/legal-section";
import { ManagedAccountsTable } from "../partners/managed-accounts-table";
import { useCanErasePersons, useCanManageCommissions, useCanManagePartners, useSession } from "../sign-in/session";
import { AssignAccountDialog, EditAccountDialog, EndAccountDialog } from "./account-dialogs";
import { AdjustmentDialog } from "./adjustment-dialog";
import { ErasePersonDialog } from "./erase-person-dialog";
import { PartnerDialog } from "./partner-dialog";
import { BankAccountSection } from "./bank-account-section";
import { PayoutAccountSection } from "./payout-account-section";
import { AddPartnerUserDialog, DeactivatePartnerUserDialog } from "./partner-user-dialogs";

type Partner = NonNullable<PartnerPageQuery["partner"]>;

type OpenDialog =
  | { readonly name: "edit" | "adjust" | "add-user" | "assign" }
  | { readonly name: "deactivate" | "erase"; readonly user: PartnerUserRowFragment }
  | { readonly name: "edit-account" | "end-account"; readonly account: AccountRowFragment };

/** A partner for staff: its terms, balances, users and accounts, with all that can be changed about them. */
export function PartnerPage() {
  useDocumentTitle(t`Partner`);
  const { id = "" } = useParams();
  const canManage = useCanManagePartners();
  const canAdjust = useCanManageCommissions();
  const canErase = useCanErasePersons();
  const { data, error, refetch } = useApiQuery(PartnerPageDocument, { id });
  const [openDialog, setOpenDialog] = useState<OpenDialog | null>(null);
  const showToast = useToast();
  const partner = data?.partner;
  const handleSuccess = (message: string) => {
    setOpenDialog(null);
    showToast(message);
    refetch();
  };
  if (data && !partner) return <PageHeader title={t`Partner not found`} />;
  return (
    <>
      <Breadcrumbs
        items={[{ name: t`Partners`, to: "/staff/partners" }, { name: partner?.companyName ?? t`Partner` }]}
      />
      {/* Without buttons at first: a name of several lines would move them. */}
      <PageHeader
        title={partner ? isolated(partner.companyName) : t`Partner`}
        lead={partner ? t`Partner ${partner.partnerNumber}` : undefined}
        actions={
          partner && (
            <>
              <Link className="button" to={`/partners/revenue?partner=${id}`}>
                <Trans>View as the partner</Trans>
              </Link>
              {canAdjust && (
                <DialogButton onOpen={() => setOpenDialog({ name: "adjust" })}><Trans>Record adjustment…</Trans></DialogButton>
              )}
              {canManage && <DialogButton onOpen={() => setOpenDialog({ name: "edit" })}><Trans>Edit partner…</Trans></DialogButton>}
            </>
          )
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!partner && !error && <Skeleton width="long" />}
      {partner && (
        <>
          <div className="columns">
            <Section title={t`Properties`}>
              <Properties partner={partner} />
            </Section>
            <Section
              title={t`Balances`}
              lead={t`What the partner earned and is still owed, per currency`}
              actions={<ListLinks partner={partner} />}
            >
              <Balances balances={partner.balances} />
            </Section>
          </div>
          <Section title={t`Terms`} lead={canManage ? TERMS_LEAD : `${TERMS_LEAD} ${t`Support and admins change them.`}`}>
            <Terms partner={partner} />
          </Section>
          <Section
            title={t`Managed accounts`}
            lead={t`Customers whose invoices earn the partner a commission`}
            actions={
              canManage && (
                <DialogButton onOpen={() => setOpenDialog({ name: "assign" })}>
                  <Trans>Assign account…</Trans>
                </DialogButton>
              )
            }
          >
            <ManagedAccountsTable
              accounts={partner.managedAccounts.nodes}
              isLoading={false}
              actions={
                canManage
                  ? (account) => (
                      <AccountButtons
                        account={account}
                        onEdit={() => setOpenDialog({ name: "edit-account", account })}
                        onEnd={() => setOpenDialog({ name: "end-account", account })}
                      />
                    )
                  : undefined
              }
            />
            {partner.managedAccounts.totalCount > partner.managedAccounts.nodes.length && (
              <p className="muted">
                <Trans>
                  The first {formatCount(partner.managedAccounts.nodes.length)} of{" "}
                  {formatCount(partner.managedAccounts.totalCount)};{" "}
                  <Link to={`/partners/accounts?partner=${id}`}>all accounts</Link>
                </Trans>
              </p>
            )}
          </Section>
          <Section
            title={t`Users`}
            lead={t`Who sees this partner in the portal`}
            actions={
              canManage && (
                <DialogButton onOpen={() => setOpenDialog({ name: "add-user" })}>
                  <Trans>Add user…</Trans>
                </DialogButton>
              )
            }
          >
            <Users
              users={partner.users}
              onDeactivate={canManage ? (user) => setOpenDialog({ name: "deactivate", user }) : undefined}
              onErase={canErase ? (user) => setOpenDialog({ name: "erase", user }) : undefined}
            />
          </Section>
          <PayoutAccountSection
            partnerId={id}
            country={partner.legal?.country}
            accounts={partner.payoutAccounts}
            onChange={refetch}
          />
          <BankAccountSection partner={partner} account={bankAccountOf(partner.payoutAccounts)} onChange={refetch} />
          <LegalSection partnerId={id} legal={partner.legal} canChange={canManage} onSaved={refetch} />
          {openDialog && (
            <OpenDialogOf partner={partner} dialog={openDialog} onClose={() => setOpenDialog(null)} onSuccess={handleSuccess} />
          )}
        </>
      )}
    </>
  );
}

const TERMS_LEAD = t`Rate, status and tier, each from one time on. An invoice earns by those at its payment.`;

/** The lists of staff with what is of this partner. */
function ListLinks({ partner: { id, companyName, partnerNumber } }: { readonly partner: Partner }) {
  const query = new URLSearchParams({ partnerId: id, partnerName: `${companyName} (${partnerNumber})` }).toString();
  return (
    <>
      <Link to={`/staff/commissions?${query}`}><Trans>Commissions</Trans></Link>
      <Link to={`/staff/payouts?${query}`}><Trans>Payouts</Trans></Link>
      <Link to={`/staff/statements?${query}`}><Trans>Statements</Trans></Link>
    </>
  );
}

interface OpenDialogProps {
  readonly partner: Partner;
  readonly dialog: OpenDialog;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

function OpenDialogOf({ partner, dialog, ...handlers }: OpenDialogProps) {
  const partnerId = partner.id;
  switch (dialog.name) {
    case "edit":
      return <PartnerDialog partner={partner} {...handlers} />;
    case "adjust":
      return <AdjustmentDialog partnerId={partnerId} currency={partner.payoutCurrency} {...handlers} />;
    case "add-user":
      return <AddPartnerUserDialog partnerId={partnerId} {...handlers} />;
    case "assign":
      return <AssignAccountDialog partnerId={partnerId} {...handlers} />;
    case "deactivate":
      return <DeactivatePartnerUserDialog user={dialog.user} {...handlers} />;
    case "erase":
      return (
        <ErasePersonDialog
          person={{ partnerUserId: dialog.user.id }}
          name={dialog.user.userId}
          explanation={t`The user id and the e-mail address are erased here and wherever the user is linked to a partner, and the user has no access afterwards.`}
          {...handlers}
        />
      );
    case "edit-account":
      return <EditAccountDialog account={dialog.account} {...handlers} />;
    case "end-account":
      return <EndAccountDialog account={dialog.account} {...handlers} />;
  }
}

interface DialogButtonProps {
  readonly onOpen: () => void;
  readonly children: ReactNode;
}

function DialogButton({ onOpen, children }: DialogButtonProps) {
  return (
    <button className="button" type="button" onClick={onOpen}>
      {children}
    </button>
  );
}

function Properties({ partner }: { readonly partner: Partner }) {
  const { calendar } = useSession();
  const { status, tier, defaultCommissionRate, payoutCurrency, createdAt } = partner;
  return (
    <DescriptionList>
      <DescriptionItem term={t`Status`}>
        <StatusBadge {...partnerStatusLabel(status)} />
      </DescriptionItem>
      <DescriptionItem term={t`Tier`}>{tierLabel(tier)}</DescriptionItem>
      <DescriptionItem term={t`Rate`}>
        {defaultCommissionRate ? formatRate(defaultCommissionRate) : t`none; only accounts with a rate of their own earn`}
      </DescriptionItem>
      <DescriptionItem term={t`Payout currency`}>{payoutCurrency}</DescriptionItem>
      <DescriptionItem term={t`Created`}>{calendar.formatDateTime(createdAt)}</DescriptionItem>
    </DescriptionList>
  );
}

type Balance = Partner["balances"][number];

const BALANCE_COLUMNS: readonly Column<Balance & { readonly id: string }>[] = [
  { header: t`Pending`, isNumber: true, cell: ({ pending }) => <Amount value={pending} /> },
  { header: t`Approved`, isNumber: true, cell: ({ approved }) => <Amount value={approved} /> },
  { header: t`In transit`, isNumber: true, cell: ({ inTransit }) => <Amount value={inTransit} /> },
  { header: t`Settled`, isNumber: true, cell: ({ settled }) => <Amount value={settled} /> },
  { header: t`Outstanding`, isNumber: true, cell: ({ outstanding }) => <Amount value={outstanding} /> },
];

function Balances({ balances }: { readonly balances: readonly Balance[] }) {
  if (balances.length === 0) return <EmptyState><Trans>No commissions yet.</Trans></EmptyState>;
  const rows = balances.map((balance) => ({ ...balance, id: balance.currency }));
  return <Table caption={t`Balances`} columns={BALANCE_COLUMNS} rows={rows} isLoading={false} />;
}

/** The earliest time from which terms can hold: that of those with which the partner began. */
const BEGINNING = "2000-01-01";

function Terms({ partner }: { readonly partner: Partner }) {
  const { calendar } = useSession();
  const rows = partner.terms.map((terms) => ({ ...terms, id: `${terms.effectiveFrom} ${terms.changedAt}` }));
  const columns: readonly Column<(typeof rows)[number]>[] = [
    {
      header: t`From`,
      isCompact: true,
      cell: ({ effectiveFrom }) =>
        effectiveFrom.startsWith(BEGINNING) ? t`the beginning` : calendar.formatDateTime(effectiveFrom),
    },
    {
      header: t`Rate`,
      isNumber: true,
      cell: ({ defaultCommissionRate }) => (defaultCommissionRate ? formatRate(defaultCommissionRate) : <EmptyValue />),
    },
    { header: t`Status`, isCompact: true, cell: ({ status }) => <StatusBadge {...partnerStatusLabel(status)} /> },
    { header: t`Tier`, isCompact: true, cell: ({ tier }) => tierLabel(tier) },
    {
      header: t`Changed`,
      cell: ({ changedAt, changedBy }) => (
        <>
          <Trans>
            {calendar.formatDateTime(changedAt)}, by <bdi>{changedBy}</bdi>
          </Trans>
        </>
      ),
    },
  ];
  return <Table caption={t`Terms`} columns={columns} rows={rows} isLoading={false} />;
}

interface UsersProps {
  readonly users: readonly PartnerUserRowFragment[];
  readonly onDeactivate: ((user: PartnerUserRowFragment) => void) | undefined;
  readonly onErase: ((user: PartnerUserRowFragment) => void) | undefined;
}

function Users({ users, onDeactivate, onErase }: UsersProps) {
  if (users.length === 0) return <EmptyState><Trans>No users yet. Add one, so that the partner can sign in.</Trans></EmptyState>;
  const columns: readonly Column<PartnerUserRowFragment>[] = [
    { header: t`User`, cell: ({ userId }) => <bdi>{userId}</bdi> },
    { header: t`E-mail`, cell: ({ email }) => <bdi>{email}</bdi> },
    { header: t`Role`, isCompact: true, cell: ({ role }) => partnerUserRoleLabel(role) },
    {
      header: t`Access`,
      isCompact: true,
      cell: ({ isActive }) => (
        <StatusBadge label={isActive ? t`Active` : t`Deactivated`} tone={isActive ? "success" : "neutral"} />
      ),
    },
    ...(onDeactivate || onErase
      ? [
          {
            header: t`Actions`,
            isCompact: true,
            cell: (user: PartnerUserRowFragment) => <UserButtons {...{ user, onDeactivate, onErase }} />,
          },
        ]
      : []),
  ];
  return <Table caption={t`Users`} columns={columns} rows={users} isLoading={false} />;
}

interface UserButtonsProps extends Omit<UsersProps, "users"> {
  readonly user: PartnerUserRowFragment;
}

function UserButtons({ user, onDeactivate, onErase }: UserButtonsProps) {
  const name = isolated(user.userId);
  return (
    <span className="buttons">
      {onDeactivate && user.isActive && (
        <button className="button" type="button" aria-label={t`Deactivate ${name}…`} onClick={() => onDeactivate(user)}>
          <Trans>Deactivate…</Trans>
        </button>
      )}
      {onErase && (
        <button className="button" type="button" aria-label={t`Erase ${name}…`} onClick={() => onErase(user)}>
          <Trans>Erase…</Trans>
        </button>
      )}
    </span>
  );
}

interface AccountButtonsProps {
  readonly account: AccountRowFragment;
  readonly onEdit: () => void;
  readonly onEnd: () => void;
}

function AccountButtons({ account, onEdit, onEnd }: AccountButtonsProps) {
  const name = isolated(account.customerName ?? account.customerId);
  return (
    <span className="buttons">
      <button className="button" type="button" aria-label={t`Edit ${name}…`} onClick={onEdit}>
        <Trans>Edit…</Trans>
      </button>
      {account.endsAt === null && (
        <button className="button" type="button" aria-label={t`End ${name}…`} onClick={onEnd}>
          <Trans>End…</Trans>
        </button>
      )}
    </span>
  );
}
