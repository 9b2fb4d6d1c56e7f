import { t } from "@lingui/core/macro";
import { useMemo } from "react";
import type { Sorting } from "../components/table";
import type { Calendar } from "../format/dates";
import type { SavedViewFragment, SavedViewList, SortDirection } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";

/** A field of the filter of a list: the parameter of the address that has its value, and the member of the API's filter. */
export interface FilterField {
  readonly param: string;
  readonly member: string;
  readonly label: string;
  /**
   * `choice` is one value of an enum, sent as a list; `flag` is yes or no; `from` and `to` are the first and the last day of
   * a period; an amount needs a currency; `partner` has suggestions.
   */
  readonly kind: "text" | "choice" | "value" | "flag" | "from" | "to" | "currency" | "amount" | "partner";
  /** The choices; a choice of several values of the enum names them. */
  readonly options?: readonly { readonly value: string; readonly label: string; readonly values?: readonly string[] }[];
  /** What choosing none is called; “All” if left out. */
  readonly allLabel?: string;
  /** Whether it is among the further fields, which are shown on demand. */
  readonly isFurther?: boolean;
}

/** A list of staff: its filter and its orders, as they are in the address and as the API takes them. */
export interface ListView<Field extends string = string> {
  readonly list: SavedViewList;
  readonly name: string;
  readonly fields: readonly FilterField[];
  /** The orders by the parameter `sort`: `name-asc`. */
  readonly sorts: Readonly<Record<string, Field>>;
  readonly defaultSort: { readonly by: string; readonly isDescending: boolean };
}

/** Members of a filter: as JSON, because each list has its own type. */
export type FilterMembers = Readonly<Record<string, unknown>>;

/** Conditions of a saved view that no field shows, as JSON. */
const OTHERS = "conditions";
/** The parameter with the id of the view that was opened. */
export const VIEW = "view";

/** The names of all parameters of the filter and the order of a list. */
export function paramsOf(view: ListView): readonly string[] {
  return [...view.fields.flatMap(({ param, kind }) => (kind === "partner" ? [param, "partnerName"] : [param])), OTHERS, "sort"];
}

/** Removes the filter, the order and the page of a list from the address. */
export function cleared(view: ListView): Record<string, null> {
  return { ...Object.fromEntries(paramsOf(view).map((name) => [name, null])), ...FIRST_PAGE };
}

function valueOf({ kind, options }: FilterField, text: string, calendar: Calendar): unknown {
  const option = options?.find(({ value }) => value === text);
  switch (kind) {
    case "choice":
      return option && (option.values ?? [option.value]);
    case "value":
      return option?.value;
    case "flag":
      return text === "yes" ? true : text === "no" ? false : undefined;
    case "from":
      return calendar.startOfDay(text) ?? undefined;
    case "to":
      return calendar.startOfDay(text, 1) ?? undefined;
    default:
      return text || undefined;
  }
}

function parseObject(text: string | null): FilterMembers {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as FilterMembers) : {};
  } catch {
    return {};
  }
}

/** The member of the start of a period, by that of its end. */
const startOf = (member: string) => (member === "to" ? "from" : member.replace(/To$/, "From"));

/** Reads the filter of a list from the address; `problem` says why it would be rejected. */
export function parseFilter(view: ListView, params: URLSearchParams, calendar: Calendar) {
  const filter: Record<string, unknown> = { ...parseObject(params.get(OTHERS)) };
  let problem: string | null = null;
  for (const field of view.fields) {
    const value = valueOf(field, params.get(field.param) ?? "", calendar);
    if (value !== undefined) filter[field.member] = value;
  }
  const has = (kind: FilterField["kind"]) => view.fields.filter((field) => field.kind === kind && field.member in filter);
  for (const { member, label } of has("to")) {
    const from = filter[startOf(member)];
    if (typeof from === "string" && String(filter[member]) <= from) problem = t`${label}: the end is before the start.`;
  }
  const [amount] = has("amount");
  if (amount && has("currency").length === 0) problem = t`Choose a currency: amounts in different currencies are not compared.`;
  return { filter: filter as FilterMembers, problem };
}

/** Reads the order of a list from the address. */
function parseSort(view: ListView, params: URLSearchParams) {
  const [by = "", direction] = (params.get("sort") ?? "").split("-");
  return by in view.sorts ? { by, isDescending: direction === "desc" } : view.defaultSort;
}

/** The parameters of a saved view: those that its fields show, and the rest as JSON. */
export function paramsOfSaved(view: ListView, saved: SavedViewFragment, calendar: Calendar): Record<string, string | null> {
  const members: Record<string, unknown> = { ...parseObject(saved.filter) };
  const params: Record<string, string | null> = { ...cleared(view), [VIEW]: saved.id };
  for (const field of view.fields) {
    const member = members[field.member];
    if (member === undefined) continue;
    const text = textOf(field, member, calendar);
    // Only what the field sends again as it is.
    if (text === undefined || JSON.stringify(valueOf(field, text, calendar)) !== JSON.stringify(member)) continue;
    params[field.param] = text;
    delete members[field.member];
  }
  if (Object.keys(members).length > 0) params[OTHERS] = JSON.stringify(members);
  const order = parseObject(saved.orderBy);
  const by = Object.keys(view.sorts).find((name) => view.sorts[name] === order.field);
  if (by) params.sort = `${by}-${order.direction === "DESC" ? "desc" : "asc"}`;
  return params;
}

function textOf({ kind, options }: FilterField, member: unknown, calendar: Calendar): string | undefined {
  if (kind === "choice") {
    const chosen = JSON.stringify(member);
    return options?.find(({ value, values }) => JSON.stringify(values ?? [value]) === chosen)?.value;
  }
  if (kind === "flag") return member === true ? "yes" : "no";
  if (typeof member !== "string") return undefined;
  if (kind === "from") return calendar.dayOf(member);
  if (kind === "to") return calendar.dayOf(new Date(Date.parse(member) - 1).toISOString());
  return member;
}

/** The filter and the order of a list, read from the address, and what changes them. */
export function useListView<Field extends string>(view: ListView<Field>) {
  const { calendar } = useSession();
  const { params, setParams } = useUrlState();
  const search = params.toString();
  return useMemo(() => {
    const { filter, problem } = parseFilter(view, params, calendar);
    const { by, isDescending } = parseSort(view, params);
    const direction: SortDirection = isDescending ? "DESC" : "ASC";
    const orderBy = { field: (view.sorts[by] ?? Object.values<Field>(view.sorts)[0]) as Field, direction };
    const isDefault = by === view.defaultSort.by && isDescending === view.defaultSort.isDescending;
    const sorting: Sorting = {
      by,
      isDescending,
      onSort: (by, isDescending) => {
        const isDefault = by === view.defaultSort.by && isDescending === view.defaultSort.isDescending;
        setParams({ ...FIRST_PAGE, sort: isDefault ? null : `${by}-${isDescending ? "desc" : "asc"}` });
      },
    };
    const isFiltered = Object.keys(filter).length > 0;
    // `search` stands for `params`, which are another object each time.
    return { filter, problem, orderBy, isDefaultOrder: isDefault, sorting, isFiltered };
  }, [view, search, calendar, setParams]);
}
