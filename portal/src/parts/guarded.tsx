import { Component, type ReactNode } from "react";

/** What stands where a page could not be drawn. */
export function Failed() {
  return (
    <div className="notice" role="alert">
      <p>This page could not be shown.</p>
      <button className="plain" type="button" onClick={() => location.reload()}>
        Reload
      </button>
    </div>
  );
}

interface Props {
  readonly children: ReactNode;
}

/** Keeps a page that fails from taking everything else with it. */
export class Guarded extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    return this.state.hasFailed ? <Failed /> : this.props.children;
  }
}
