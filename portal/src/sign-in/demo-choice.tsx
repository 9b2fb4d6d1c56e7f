import { type DemoToken, isStaff } from "./options";

interface Props {
  readonly tokens: readonly DemoToken[];
  readonly busy: boolean;
  /** Whether only staff may come in. */
  readonly isForStaff: boolean;
  readonly onChoose: (token: string) => void;
}

/** The demo's users to choose from; nothing where there are none. */
export function DemoChoice({ tokens, busy, isForStaff, onChoose }: Props) {
  if (tokens.length === 0) return null;
  return (
    <section className="demo" aria-labelledby="demo-title">
      <h2 id="demo-title">Or try the demo as</h2>
      <ul>
        {tokens.map(({ what, user, role, token }) => (
          <li key={`${role} ${user}`}>
            <button type="button" aria-disabled={busy} onClick={() => busy || onChoose(token)}>
              <span className="demo-user">
                {user} <span className="demo-role">{isForStaff && !isStaff(role) ? `${role}, not staff` : role}</span>
              </span>
              <span className="demo-what">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
