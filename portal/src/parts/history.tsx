import type { ChangeFragment } from "../gql/graphql";
import type { Tone } from "../format/words";
import { useSession } from "../sign-in/session";
import { Badge } from "./figures";
import css from "./history.module.css";

interface Props {
  readonly of: readonly ChangeFragment[];
  readonly wordOf: (status: string) => { readonly word: string; readonly tone: Tone };
}

/** What became of something, oldest first: when, who, why. */
export function History({ of, wordOf }: Props) {
  const { calendar } = useSession();
  return (
    <section aria-label="History">
      <h3>History</h3>
      <ol className={css.history}>
        {of.map(({ to, at, actor, reason }) => (
          <li key={`${at} ${to}`}>
            <Badge {...wordOf(to)} />
            <div>
              <p>
                {calendar.moment(at)}, by {actor}
              </p>
              {reason && <p className="quiet">{reason}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
