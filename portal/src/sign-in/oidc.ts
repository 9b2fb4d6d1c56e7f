// OpenID Connect: authorization code flow with PKCE. Loaded only if the server names an identity provider.

import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import { clearSession } from "./session-storage";
import type { IdentityProvider } from "./sign-in-options";

function createManager({ issuer, clientId, scope, parameters }: IdentityProvider): UserManager {
  const extraParams = Object.fromEntries(new URLSearchParams(parameters));
  const store = new WebStorageStateStore({ store: sessionStorage });
  return new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: `${location.origin}/sign-in`,
    post_logout_redirect_uri: `${location.origin}/`,
    response_type: "code",
    scope,
    extraQueryParams: extraParams,
    extraTokenParams: extraParams,
    userStore: store,
    stateStore: store,
    loadUserInfo: false,
    automaticSilentRenew: false,
  });
}

/** Redirects to the provider, which redirects back to `/sign-in`. `returnTo` is the path to open afterwards. */
export async function redirectToProvider(provider: IdentityProvider, returnTo: string): Promise<void> {
  await createManager(provider).signinRedirect({ state: returnTo });
}

/** Completes a sign-in after the provider redirected back. Returns the access token and the path to open. */
export async function completeSignIn(provider: IdentityProvider): Promise<{ token: string; returnTo: string }> {
  const user = await createManager(provider).signinRedirectCallback();
  // The state passed through the provider, so only paths of this site are accepted.
  const returnTo = typeof user.state === "string" && /^\/(?![/\\])/.test(user.state) ? user.state : "/";
  return { token: user.access_token, returnTo };
}

/**
 * Renews the access token before it expires, if the provider issued a refresh token. Returns a function that stops
 * this.
 */
export function startTokenRenewal(provider: IdentityProvider, onToken: (token: string) => void): () => void {
  const manager = createManager(provider);
  manager.events.addUserLoaded(({ access_token }) => onToken(access_token));
  void manager.getUser().then((user) => {
    if (user?.refresh_token) manager.startSilentRenew();
  });
  return () => manager.stopSilentRenew();
}

/** Signs out at the provider too; otherwise the next user of this browser could sign in there without a password. */
export async function signOutAtProvider(provider: IdentityProvider): Promise<void> {
  const manager = createManager(provider);
  const user = await manager.getUser();
  await manager.removeUser();
  clearSession();
  const endSessionEndpoint = await manager.metadataService.getEndSessionEndpoint();
  if (endSessionEndpoint) await manager.signoutRedirect(user?.id_token ? { id_token_hint: user.id_token } : {});
}
