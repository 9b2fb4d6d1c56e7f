import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { useApiMutation, useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { ConfirmDialog, type ErrorOf } from "../components/confirm-dialog";
import { TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import {
  CreateSavedViewDocument, DeleteSavedViewDocument, type SavedViewFragment, SavedViewsDocument, UpdateSavedViewDocument,
} from "../gql/graphql";
import { useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { cleared, type ListView, paramsOf, paramsOfSaved, useListView, VIEW } from "./list-view";
import css from "./saved-views.module.css";

type OpenDialog = "save" | "edit" | "delete";

/** The address of a list with these parameters. */
function hrefOf(params: Record<string, string | null>): string {
  const set = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return `?${new URLSearchParams(set)}`;
}

/** The saved views of a list: each is a link that opens it, and an address that others can open. */
export function SavedViews({ view }: { readonly view: ListView }) {
  const { calendar, viewer } = useSession();
  const { params, setParams } = useUrlState();
  const { filter, orderBy, isDefaultOrder } = useListView(view);
  const { data, error, refetch } = useApiQuery(SavedViewsDocument, { list: view.list });
  const update = useApiMutation(UpdateSavedViewDocument);
  const [openDialog, setOpenDialog] = useState<OpenDialog | null>(null);
  const [message, setMessage] = useState<string | null>(null);
  const views = data?.savedViews ?? [];
  const id = params.get(VIEW);
  const current = views.find((saved) => saved.id === id);
  const definition = {
    filter: JSON.stringify(filter),
    // A list with one order only has none to store.
    orderBy: isDefaultOrder || Object.keys(view.sorts).length === 0 ? null : JSON.stringify(orderBy),
  };

  // An address with nothing but the view: its filter and order are added, once. Whoever clears them afterwards means it.
  const isBare = id !== null && !paramsOf(view).some((name) => params.has(name));
  const shown = useRef<string | null>(null);
  const opened = isBare && shown.current !== id ? current : undefined;
  useEffect(() => {
    if (!isBare) shown.current = id;
    if (!opened) return;
    shown.current = opened.id;
    setParams(paramsOfSaved(view, opened, calendar), { replace: true });
  }, [isBare, id, opened, view, calendar, setParams]);

  const mayChange = current && (current.isOwn || viewer.role === "admin");
  const expected = current && paramsOfSaved(view, current, calendar);
  const isChanged =
    expected !== undefined && paramsOf(view).some((name) => name !== "partnerName" && (params.get(name) ?? null) !== (expected[name] ?? null));
  const finish = (message: string, id?: string | null) => {
    setOpenDialog(null);
    setMessage(message);
    refetch();
    if (id !== undefined) setParams({ [VIEW]: id }, { replace: true });
  };
  return (
    <div className="stack">
      <div className={css.bar} role="group" aria-label={t`Saved views`}>
        <ul className={css.views}>
          <li>
            <Link
              className={css.view}
              to={hrefOf({})}
              aria-current={id === null && Object.keys(filter).length === 0 ? "page" : undefined}
            >
              <Trans>All</Trans>
            </Link>
          </li>
          {views.map((saved) => (
            <ViewLink key={saved.id} saved={saved} isCurrent={saved.id === id} to={hrefOf(paramsOfSaved(view, saved, calendar))} />
          ))}
        </ul>
        <button className="button" type="button" onClick={() => setOpenDialog("save")}>
          <Trans>Save view…</Trans>
        </button>
        {mayChange && isChanged && (
          <button
            className="button"
            type="button"
            onClick={() =>
              void update({ input: { id: current.id, ...definition } }).then((result) => {
                const failed = "error" in result || result.userErrors.length > 0;
                finish(failed ? t`${isolated(current.name)} was not changed.` : t`${isolated(current.name)} was changed.`);
              })
            }
          >
            <Trans>Update view</Trans>
          </button>
        )}
        {mayChange && (
          <>
            <button className="button" type="button" onClick={() => setOpenDialog("edit")}>
              <Trans>Rename or share…</Trans>
            </button>
            <button className="button" type="button" onClick={() => setOpenDialog("delete")}>
              <Trans>Delete view…</Trans>
            </button>
          </>
        )}
      </div>
      {id !== null && data && !current && <p className="muted"><Trans>This view does not exist, or is not shared with you.</Trans></p>}
      {message && <SuccessAlert>{message}</SuccessAlert>}
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {openDialog === "save" && (
        <SaveDialog list={view} definition={definition} onClose={() => setOpenDialog(null)} onSuccess={finish} />
      )}
      {openDialog === "edit" && current && (
        <EditDialog saved={current} onClose={() => setOpenDialog(null)} onSuccess={finish} />
      )}
      {openDialog === "delete" && current && (
        <DeleteDialog
          saved={current}
          onClose={() => setOpenDialog(null)}
          onSuccess={(message) => {
            finish(message);
            setParams({ ...cleared(view), [VIEW]: null }, { replace: true });
          }}
        />
      )}
    </div>
  );
}

interface ViewLinkProps {
  readonly saved: SavedViewFragment;
  readonly isCurrent: boolean;
  readonly to: string;
}

function ViewLink({ saved, isCurrent, to }: ViewLinkProps) {
  const { name, isShared, isOwn, owner } = saved;
  return (
    <li>
      <Link
        className={css.view}
        to={to}
        aria-current={isCurrent ? "page" : undefined}
        title={isOwn ? undefined : t`Shared by ${isolated(owner)}`}
      >
        <bdi>{name}</bdi>
        {isShared && <span className={css.shared}> · {t({ message: "shared", context: "view" })}</span>}
      </Link>
    </li>
  );
}

interface DialogProps {
  readonly onClose: () => void;
  /** Called with a message for the user, and the id of the view that is open now. */
  readonly onSuccess: (message: string, id?: string) => void;
}

interface SaveProps extends DialogProps {
  readonly list: ListView;
  readonly definition: { readonly filter: string; readonly orderBy: string | null };
}

function SaveDialog({ list, definition, onClose, onSuccess }: SaveProps) {
  const create = useApiMutation(CreateSavedViewDocument);
  return (
    <ConfirmDialog
      title={t`Save view`}
      confirmLabel={t`Save view`}
      onClose={onClose}
      onConfirm={(valueOf) =>
        create({
          input: { list: list.list, name: valueOf("name"), isShared: valueOf("isShared") === "yes", ...definition },
        })
      }
      onSuccess={({ savedView }) => onSuccess(t`Saved ${isolated(savedView?.name ?? "")}.`, savedView?.id)}
    >
      {(errorOf) => <Fields errorOf={errorOf} hint={t`The filter and the order of the list as they are now`} />}
    </ConfirmDialog>
  );
}

function EditDialog({ saved, onClose, onSuccess }: DialogProps & { readonly saved: SavedViewFragment }) {
  const update = useApiMutation(UpdateSavedViewDocument);
  return (
    <ConfirmDialog
      title={t`Rename or share view`}
      confirmLabel={t`Save changes`}
      onClose={onClose}
      onConfirm={(valueOf) =>
        update({ input: { id: saved.id, name: valueOf("name"), isShared: valueOf("isShared") === "yes" } })
      }
      onSuccess={({ savedView }) => onSuccess(t`Changed ${isolated(savedView?.name ?? "")}.`)}
    >
      {(errorOf) => <Fields errorOf={errorOf} saved={saved} />}
    </ConfirmDialog>
  );
}

function DeleteDialog({ saved, onClose, onSuccess }: DialogProps & { readonly saved: SavedViewFragment }) {
  const remove = useApiMutation(DeleteSavedViewDocument);
  return (
    <ConfirmDialog
      title={t`Delete ${isolated(saved.name)}?`}
      confirmLabel={t`Delete view`}
      onClose={onClose}
      onConfirm={() => remove({ input: { id: saved.id } })}
      onSuccess={() => onSuccess(t`Deleted ${isolated(saved.name)}.`)}
    >
      <p>
        {saved.isShared ? t`It disappears for all staff.` : t`Nobody else sees it.`}{" "}
        <Trans>No row of the list changes.</Trans>
      </p>
    </ConfirmDialog>
  );
}

interface FieldsProps {
  readonly errorOf: ErrorOf;
  readonly saved?: SavedViewFragment;
  readonly hint?: string;
}

function Fields({ errorOf, saved, hint }: FieldsProps) {
  return (
    <>
      <TextField
        label={t`Name`}
        name="name"
        dir="auto"
        required
        maxLength={255}
        autoComplete="off"
        defaultValue={saved?.name}
        hint={hint}
        error={errorOf("name")}
      />
      <label>
        <input type="checkbox" name="isShared" value="yes" defaultChecked={saved?.isShared} />{" "}
        <Trans>Share with all staff</Trans>
      </label>
    </>
  );
}
