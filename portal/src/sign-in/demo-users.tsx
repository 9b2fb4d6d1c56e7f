import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { roleLabel } from "../format/labels";
import { type DemoUser, isStaffRole } from "./sign-in-options";

interface Props {
  readonly users: readonly DemoUser[];
  readonly isSigningIn: boolean;
  /** Whether only staff can sign in; the other users are then marked. */
  readonly isStaffOnly?: boolean;
  readonly onSignIn: (token: string) => void;
}

/** The users of the demo, with one-click sign-in; renders nothing if there are none. */
export function DemoUsers({ users, isSigningIn, isStaffOnly = false, onSignIn }: Props) {
  if (users.length === 0) return null;
  return (
    <section className="demo-users" aria-labelledby="demo-users-title">
      <h2 id="demo-users-title"><Trans>Or try the demo as</Trans></h2>
      <ul>
        {users.map(({ what, user, role, token }) => (
          <li key={`${role} ${user}`}>
            <button type="button" aria-disabled={isSigningIn} onClick={() => isSigningIn || onSignIn(token)}>
              <span className="demo-user">
                {user}{" "}
                <span className="demo-user-role">{isStaffOnly && !isStaffRole(role) ? t`${roleLabel(role)}, not staff` : roleLabel(role)}</span>
              </span>
              <span className="demo-user-description" lang="en">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
