import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, TextField } from "../components/fields";
import { parsePercentage, PERCENTAGE_MESSAGE, percentageText, rejected } from "../format/input";
import { isolated } from "../format/isolation";
import {
  type AccountRowFragment, AssignManagedAccountDocument, EndManagedAccountDocument, UpdateManagedAccountDocument,
} from "../gql/graphql";
import { useSession } from "../sign-in/session";

interface Props {
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

const nameOf = ({ customerId, customerName }: AccountRowFragment) => isolated(customerName ?? customerId);

/** Assigns a customer to a partner. */
export function AssignAccountDialog({ partnerId, onClose, onSuccess }: Props & { readonly partnerId: string }) {
  const { calendar } = useSession();
  const assign = useApiMutation(AssignManagedAccountDocument);
  return (
    <ConfirmDialog
      title={t`Assign an account`}
      confirmLabel={t`Assign account`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const rateText = valueOf("customCommissionRate");
        const customCommissionRate = rateText === "" ? null : parsePercentage(rateText);
        if (customCommissionRate === undefined) {
          return Promise.resolve(rejected("customCommissionRate", PERCENTAGE_MESSAGE));
        }
        const [customerName, engagementType] = [valueOf("customerName"), valueOf("engagementType")];
        const startsAt = calendar.startOfDay(valueOf("startsAt"));
        return assign({
          input: {
            partnerId,
            customerId: valueOf("customerId"),
            customCommissionRate,
            ...(customerName && { customerName }),
            ...(engagementType && { engagementType }),
            ...(startsAt && { startsAt }),
          },
        });
      }}
      onSuccess={({ managedAccount }) =>
        onSuccess(managedAccount ? t`Assigned ${isolated(managedAccount.customerId)}.` : t`Assigned the customer.`)
      }
    >
      {(errorOf) => (
        <>
          <FieldRow>
            <TextField
              label={t`Customer id`}
              name="customerId"
              required
              autoComplete="off"
              hint={t`As in the billing system`}
              error={errorOf("customerId")}
            />
            <TextField
              label={t`Customer name`}
              name="customerName"
              dir="auto"
              autoComplete="off"
              error={errorOf("customerName")}
            />
          </FieldRow>
          <FieldRow>
            <RateField rate={null} error={errorOf("customCommissionRate")} />
            <TextField label={t`Engagement`} name="engagementType" autoComplete="off" error={errorOf("engagementType")} />
          </FieldRow>
          <TextField
            label={t`Managed from`}
            name="startsAt"
            type="date"
            hint={t`Empty: from now on. Invoices paid from then on earn the partner a commission.`}
            error={errorOf("startsAt")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

/** Changes the name, the service and the rate of an account. */
export function EditAccountDialog({ account, onClose, onSuccess }: Props & { readonly account: AccountRowFragment }) {
  const { calendar } = useSession();
  const update = useApiMutation(UpdateManagedAccountDocument);
  return (
    <ConfirmDialog
      title={t`Edit account ${nameOf(account)}`}
      confirmLabel={t`Save`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const rateText = valueOf("customCommissionRate");
        const customCommissionRate = rateText === "" ? null : parsePercentage(rateText);
        if (customCommissionRate === undefined) {
          return Promise.resolve(rejected("customCommissionRate", PERCENTAGE_MESSAGE));
        }
        const effectiveFrom = calendar.startOfDay(valueOf("effectiveFrom"));
        return update({
          input: {
            id: account.id,
            customerName: valueOf("customerName") || null,
            engagementType: valueOf("engagementType"),
            ...(customCommissionRate !== account.customCommissionRate && { customCommissionRate }),
            ...(effectiveFrom && { effectiveFrom }),
          },
        });
      }}
      onSuccess={() => onSuccess(t`Saved account ${nameOf(account)}.`)}
    >
      {(errorOf) => (
        <>
          <FieldRow>
            <TextField
              label={t`Customer name`}
              name="customerName"
              dir="auto"
              autoComplete="off"
              defaultValue={account.customerName ?? ""}
              error={errorOf("customerName")}
            />
            <TextField
              label={t`Engagement`}
              name="engagementType"
              autoComplete="off"
              defaultValue={account.engagementType}
              error={errorOf("engagementType")}
            />
          </FieldRow>
          <FieldRow>
            <RateField rate={account.customCommissionRate} error={errorOf("customCommissionRate")} />
            <TextField
              label={t`Rate holds from`}
              name="effectiveFrom"
              type="date"
              hint={t`Empty: from now on`}
              error={errorOf("effectiveFrom")}
            />
          </FieldRow>
        </>
      )}
    </ConfirmDialog>
  );
}

/** Ends an account. */
export function EndAccountDialog({ account, onClose, onSuccess }: Props & { readonly account: AccountRowFragment }) {
  const { calendar } = useSession();
  const end = useApiMutation(EndManagedAccountDocument);
  return (
    <ConfirmDialog
      title={t`End account ${nameOf(account)}?`}
      confirmLabel={t`End account`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const day = valueOf("endsAt");
        const endsAt = day === "" ? new Date().toISOString() : calendar.startOfDay(day);
        if (endsAt === null) return Promise.resolve(rejected("endsAt", t`Enter a day`));
        return end({ input: { id: account.id, endsAt } });
      }}
      onSuccess={() => onSuccess(t`Ended account ${nameOf(account)}.`)}
    >
      {(errorOf) => (
        <>
          <p>
            <Trans>
              Invoices paid from then on earn this partner nothing. The customer can be assigned to another partner from the
              same moment on.
            </Trans>
          </p>
          <TextField
            label={t`Ends at the beginning of`}
            name="endsAt"
            type="date"
            hint={t`Empty: now`}
            error={errorOf("endsAt")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

function RateField({ rate, error }: { readonly rate: string | null; readonly error: ReactNode }) {
  return (
    <TextField
      label={t`Rate in percent`}
      name="customCommissionRate"
      inputMode="decimal"
      autoComplete="off"
      defaultValue={percentageText(rate)}
      hint={t`Empty: the partner’s rate`}
      error={error}
    />
  );
}
