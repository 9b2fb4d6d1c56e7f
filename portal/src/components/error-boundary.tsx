import { Trans } from "@lingui/react/macro";
import { Component, type ReactNode } from "react";

/** Shown in place of a page that failed to load or to render. */
export function ErrorFallback() {
  return (
    <div className="page-message" role="alert">
      <p><Trans>This page could not be shown.</Trans></p>
      <button className="button" type="button" onClick={() => location.reload()}>
        <Trans>Reload</Trans>
      </button>
    </div>
  );
}

interface Props {
  readonly children: ReactNode;
}

/** Catches the errors of a page, so that the layout around it stays usable. */
export class ErrorBoundary extends Component<Props, { readonly hasError: boolean }> {
  override state = { hasError: false };

  static getDerivedStateFromError() {
    return { hasError: true };
  }

  override render() {
    return this.state.hasError ? <ErrorFallback /> : this.props.children;
  }
}
