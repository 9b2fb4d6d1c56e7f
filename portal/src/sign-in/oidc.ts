// Signing in at an identity provider: OpenID Connect, the code flow with PKCE. Loaded only where there is one.

import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import { forget } from "./kept";
import type { Provider } from "./options";

function managerOf({ issuer, clientId, scope, parameters }: Provider): UserManager {
  const more = Object.fromEntries(new URLSearchParams(parameters));
  const store = new WebStorageStateStore({ store: sessionStorage });
  return new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: `${location.origin}/sign-in`,
    post_logout_redirect_uri: `${location.origin}/`,
    response_type: "code",
    scope,
    extraQueryParams: more,
    extraTokenParams: more,
    userStore: store,
    stateStore: store,
    loadUserInfo: false,
    automaticSilentRenew: false,
  });
}

/** Leaves for the provider; it sends the user back to /sign-in. */
export async function leave(provider: Provider, to: string): Promise<void> {
  await managerOf(provider).signinRedirect({ state: to });
}

/** Back from the provider: the token, and where the user wanted to go. */
export async function back(provider: Provider): Promise<{ token: string; to: string }> {
  const user = await managerOf(provider).signinRedirectCallback();
  // Only ever within this site: what a state says came by way of somebody else.
  const to = typeof user.state === "string" && /^\/(?![/\\])/.test(user.state) ? user.state : "/";
  return { token: user.access_token, to };
}

/** Tells of new tokens, where the provider gave the means to get them (offline_access), until it is ended. */
export function renew(provider: Provider, onToken: (token: string) => void): () => void {
  const manager = managerOf(provider);
  manager.events.addUserLoaded(({ access_token }) => onToken(access_token));
  void manager.getUser().then((user) => {
    if (user?.refresh_token) manager.startSilentRenew();
  });
  return () => manager.stopSilentRenew();
}

/** Signs out there, too: else the next one at this machine would be let in without a question. */
export async function signOut(provider: Provider): Promise<void> {
  const manager = managerOf(provider);
  const user = await manager.getUser();
  await manager.removeUser();
  forget();
  const end = await manager.metadataService.getEndSessionEndpoint();
  if (end) await manager.signoutRedirect(user?.id_token ? { id_token_hint: user.id_token } : {});
}
