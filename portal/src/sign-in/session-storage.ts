// The session is stored in sessionStorage: it survives a reload and ends with the tab. A token must never be written to
// localStorage, which outlives the tab, nor to the URL.

import type { Viewer } from "../api";
import { isRecord } from "./json";

const TOKEN_KEY = "revshare.token";
const VIEWER_KEY = "revshare.viewer";

export function storeToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

export function loadToken(): string | null {
  return sessionStorage.getItem(TOKEN_KEY);
}

export function storeViewer(viewer: Viewer): void {
  sessionStorage.setItem(VIEWER_KEY, JSON.stringify(viewer));
}

export function loadViewer(): Viewer | null {
  const text = sessionStorage.getItem(VIEWER_KEY);
  const viewer: unknown = text && JSON.parse(text);
  return isRecord(viewer) ? (viewer as Viewer) : null;
}

/**
 * Whether the user signed in at the identity provider, rather than with a token. The keys are those of
 * oidc-client-ts.
 */
export function hasProviderSession(): boolean {
  return Object.keys(sessionStorage).some((key) => key.startsWith("oidc.user:"));
}

/** Removes the token and everything else that belongs to the session. */
export function clearSession(): void {
  sessionStorage.clear();
}
