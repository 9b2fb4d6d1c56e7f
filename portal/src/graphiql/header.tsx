import { Trans } from "@lingui/react/macro";
import icon from "../icon.svg?no-inline";
import type { StaffViewer } from "./viewer";

interface Props {
  readonly viewer: StaffViewer;
  readonly onSignOut: () => void;
}

/** The bar above GraphiQL: the signed-in user, and the sign-out button. */
export function Header({ viewer, onSignOut }: Props) {
  return (
    <header className="app-header">
      <img src={icon} alt="" width="20" height="20" />
      <h1>revshare GraphiQL</h1>
      <p className="user">
        <span className="visually-hidden"><Trans>Signed in as</Trans> </span>
        <strong>{viewer.userId}</strong>
        <span className="user-detail">{viewer.role}</span>
        <span className="user-detail">{viewer.tenant}</span>
      </p>
      <button type="button" onClick={onSignOut}>
        <Trans>Sign out</Trans>
      </button>
    </header>
  );
}
