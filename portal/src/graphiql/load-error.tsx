import { Trans } from "@lingui/react/macro";

/** Shown if GraphiQL cannot be loaded: the server is down, or it was updated and no longer has this version's files. */
export function LoadError() {
  return (
    <div className="page-message" role="alert">
      <p><Trans>GraphiQL could not be loaded.</Trans></p>
      <button className="button-large" type="button" onClick={() => location.reload()}>
        <Trans>Reload the page</Trans>
      </button>
    </div>
  );
}
