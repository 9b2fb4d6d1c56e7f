import { formatRelative } from "../format/dates";
import { useSession } from "../sign-in/session";

interface Props {
  /** RFC 3339. */
  readonly at: string;
}

/** The day of a timestamp, and its exact time where the pointer is. */
export function DateOf({ at }: Props) {
  const { calendar } = useSession();
  return (
    <time dateTime={at} title={calendar.formatDateTime(at)}>
      {calendar.formatDate(at)}
    </time>
  );
}

/** An exact time, and how long ago or ahead it is. */
export function ExactTime({ at }: Props) {
  const { calendar } = useSession();
  return (
    <time dateTime={at}>
      {calendar.formatDateTime(at)} <span className="muted">({formatRelative(at)})</span>
    </time>
  );
}

/** How long ago or ahead a time is, where the exact one matters less; that one is shown where the pointer is. */
export function RelativeTime({ at }: Props) {
  const { calendar } = useSession();
  return (
    <time dateTime={at} title={calendar.formatDateTime(at)}>
      {formatRelative(at)}
    </time>
  );
}
