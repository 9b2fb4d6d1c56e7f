import icon from "../icon.svg?no-inline";
import type { Viewer } from "./viewer";

interface Props {
  readonly viewer: Viewer;
  readonly onSignOut: () => void;
}

/** The bar above GraphiQL: who is signed in, and the way out. */
export function Bar({ viewer, onSignOut }: Props) {
  return (
    <header className="bar">
      <img src={icon} alt="" width="20" height="20" />
      <h1>revshare GraphiQL</h1>
      <p className="who">
        <span className="unseen">Signed in as </span>
        <strong>{viewer.userId}</strong>
        <span className="what">{viewer.role}</span>
        <span className="what">{viewer.tenant}</span>
      </p>
      <button type="button" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
