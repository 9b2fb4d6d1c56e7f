import { useEffect, useState } from "react";
import { type DemoToken, demoTokens, isStaff } from "./demo";

interface Props {
  readonly busy: boolean;
  readonly onChoose: (token: string) => void;
}

/** The demo's users to choose from; nothing where there are none. */
export function DemoChoice({ busy, onChoose }: Props) {
  const [tokens, setTokens] = useState<readonly DemoToken[]>([]);
  useEffect(() => {
    void demoTokens().then(setTokens);
  }, []);
  if (tokens.length === 0) return null;
  return (
    <section className="demo" aria-labelledby="demo-title">
      <h2 id="demo-title">Or try the demo as</h2>
      <ul>
        {tokens.map(({ what, user, role, token }) => (
          <li key={`${role} ${user}`}>
            <button type="button" aria-disabled={busy} onClick={() => busy || onChoose(token)}>
              <span className="demo-user">
                {user} <span className="demo-role">{isStaff(role) ? role : `${role}, not staff`}</span>
              </span>
              <span className="demo-what">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
