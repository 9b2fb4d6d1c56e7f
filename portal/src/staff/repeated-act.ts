import { useCallback, useRef } from "react";
import { type ApiError, type MutationResult, useApiLookup } from "../api";
import { HistoriesDocument, type StatusChangeFragment } from "../gql/graphql";
import { useSession } from "../sign-in/session";

/** How often a request is sent after errors that may pass, and how long to wait before. */
const ATTEMPTS = 3;
const WAIT_MS = 1_500;

/** The most rows that are looked up at once. */
const ROWS_MAX = 100;

/** The errors after which it is not known whether the server has done what was asked. */
const OPEN_OUTCOMES: ReadonlySet<ApiError["kind"]> = new Set(["network", "unavailable", "internal"]);

export const isOutcomeOpen = (error: ApiError) => OPEN_OUTCOMES.has(error.kind);

const isPassing = (error: ApiError) => error.kind === "network" || error.kind === "unavailable";

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What an act leaves in the histories of its rows. */
export interface Change extends Pick<StatusChangeFragment, "kind"> {
  /** The status after the act, if it changes the status. */
  readonly to?: string;
  readonly reason?: string;
  /** Whether the server goes on by itself, so that other changes may follow before the act is asked for again. */
  readonly isFollowed?: boolean;
}

const normalized = (text: string) => text.replace(/\s+/g, " ").trim();

const isLike = (entry: StatusChangeFragment, { kind, to, reason }: Change) =>
  entry.kind === kind &&
  (to === undefined || entry.to === to) &&
  (reason === undefined || normalized(entry.reason ?? "") === normalized(reason));

/**
 * Returns a function that performs an act on rows, all or none, and repeats it if the answer is lost. The server may have done
 * it then, and rejects the repetition, because the rows are no longer as they were: those whose latest change is that of the
 * act, by the same user, count as changed.
 */
export function useRepeatedAct() {
  const { viewer } = useSession();
  const lookUp = useApiLookup(HistoriesDocument);
  /** The rows of requests whose answer was lost. */
  const unanswered = useRef(new Set<string>());

  const findChanged = useCallback(
    async (ids: readonly string[], change: Change): Promise<{ readonly ids: ReadonlySet<string> } | { readonly error: ApiError }> => {
      const changed = new Set<string>();
      for (let start = 0; start < ids.length; start += ROWS_MAX) {
        const found = await lookUp({ ids: ids.slice(start, start + ROWS_MAX) });
        if ("error" in found) return found;
        for (const row of found.data.nodes) {
          const history = row && "history" in row ? row.history : [];
          const last = change.isFollowed ? history.findLast(({ kind, to }) => kind === change.kind && to === change.to) : history.at(-1);
          if (row && last?.actor === viewer.userId && isLike(last, change)) changed.add(row.id);
        }
      }
      return { ids: changed };
    },
    [lookUp, viewer.userId],
  );

  return useCallback(
    async <Payload>(
      ids: readonly string[],
      change: Change,
      send: (ids: readonly string[]) => Promise<MutationResult<Payload>>,
    ): Promise<MutationResult<Payload>> => {
      let open = ids;
      for (;;) {
        const answer = await sendAgain(() => send(open), () => open.forEach((id) => unanswered.current.add(id)));
        if ("error" in answer) return answer;
        const rejected = answer.userErrors.flatMap(({ row }) => (row && unanswered.current.has(row) ? [row] : []));
        if (rejected.length === 0) return answer;
        const changed = await findChanged(rejected, change);
        if ("error" in changed) return changed;
        const others = answer.userErrors.filter(({ row }) => !row || !changed.ids.has(row));
        open = open.filter((id) => !changed.ids.has(id));
        if (others.length > 0 || open.length === 0) return { payload: answer.payload, userErrors: others };
      }
    },
    [findChanged],
  );
}

/** Sends a request, and again after an error that may pass. */
export async function sendAgain<Payload>(
  send: () => Promise<MutationResult<Payload>>,
  onOutcomeOpen: () => void,
): Promise<MutationResult<Payload>> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send();
    if (!("error" in answer)) return answer;
    if (isOutcomeOpen(answer.error)) onOutcomeOpen();
    if (!isPassing(answer.error) || attempt === ATTEMPTS) return answer;
    await wait(WAIT_MS * attempt);
  }
}
