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
      title="Assign an account"
      confirmLabel="Assign account"
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
      onSuccess={({ managedAccount }) => onSuccess(`Assigned ${isolated(managedAccount?.customerId ?? "the customer")}.`)}
    >
      {(errorOf) => (
        <>
          <FieldRow>
            <TextField
              label="Customer id"
              name="customerId"
              required
              autoComplete="off"
              hint="As in the billing system"
              error={errorOf("customerId")}
            />
            <TextField
              label="Customer name"
              name="customerName"
              dir="auto"
              autoComplete="off"
              error={errorOf("customerName")}
            />
          </FieldRow>
          <FieldRow>
            <RateField rate={null} error={errorOf("customCommissionRate")} />
            <TextField label="Engagement" name="engagementType" autoComplete="off" error={errorOf("engagementType")} />
          </FieldRow>
          <TextField
            label="Managed from"
            name="startsAt"
            type="date"
            hint="Empty: from now on. Invoices paid from then on earn the partner a commission."
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
      title={`Edit account ${nameOf(account)}`}
      confirmLabel="Save"
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
      onSuccess={() => onSuccess(`Saved account ${nameOf(account)}.`)}
    >
      {(errorOf) => (
        <>
          <FieldRow>
            <TextField
              label="Customer name"
              name="customerName"
              dir="auto"
              autoComplete="off"
              defaultValue={account.customerName ?? ""}
              error={errorOf("customerName")}
            />
            <TextField
              label="Engagement"
              name="engagementType"
              autoComplete="off"
              defaultValue={account.engagementType}
              error={errorOf("engagementType")}
            />
          </FieldRow>
          <FieldRow>
            <RateField rate={account.customCommissionRate} error={errorOf("customCommissionRate")} />
            <TextField
              label="Rate holds from"
              name="effectiveFrom"
              type="date"
              hint="Empty: from now on"
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
      title={`End account ${nameOf(account)}?`}
      confirmLabel="End account"
      onClose={onClose}
      onConfirm={(valueOf) => {
        const day = valueOf("endsAt");
        const endsAt = day === "" ? new Date().toISOString() : calendar.startOfDay(day);
        if (endsAt === null) return Promise.resolve(rejected("endsAt", "Enter a day"));
        return end({ input: { id: account.id, endsAt } });
      }}
      onSuccess={() => onSuccess(`Ended account ${nameOf(account)}.`)}
    >
      {(errorOf) => (
        <>
          <p>
            Invoices paid from then on earn this partner nothing. The customer can be assigned to another partner from the
            same moment on.
          </p>
          <TextField
            label="Ends at the beginning of"
            name="endsAt"
            type="date"
            hint="Empty: now"
            error={errorOf("endsAt")}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

function RateField({ rate, error }: { readonly rate: string | null; readonly error: string | null }) {
  return (
    <TextField
      label="Rate in percent"
      name="customCommissionRate"
      inputMode="decimal"
      autoComplete="off"
      defaultValue={percentageText(rate)}
      hint="Empty: the partner’s rate"
      error={error}
    />
  );
}
