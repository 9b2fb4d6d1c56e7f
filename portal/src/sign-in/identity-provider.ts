import { t } from "@lingui/core/macro";
import { useEffect, useEffectEvent, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { hasProviderSession } from "./session-storage";
import type { IdentityProvider } from "./sign-in-options";

const importOidc = () => import("./oidc");

/** Completes the sign-in after the provider redirected back. Returns whether that is still in progress. */
export function useProviderCallback(
  provider: IdentityProvider | null,
  onToken: (token: string) => Promise<void>,
  onError: (message: string) => void,
): boolean {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const params = new URLSearchParams(search);
  const isCallback = pathname === "/sign-in" && params.has("state") && (params.has("code") || params.has("error"));
  const [isPending, setIsPending] = useState(isCallback);

  const complete = useEffectEvent(async (provider: IdentityProvider) => {
    try {
      const { token, returnTo } = await importOidc().then((oidc) => oidc.completeSignIn(provider));
      await navigate(returnTo, { replace: true });
      await onToken(token);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      onError(t`Sign-in at the identity provider failed: ${reason}`);
      await navigate("/", { replace: true });
    }
    setIsPending(false);
  });
  useEffect(() => {
    // Runs once: an authorization code can be redeemed a single time.
    if (isPending && provider) void complete(provider);
  }, [isPending, provider]);
  return isPending;
}

/** Renews the token of a session at the provider for as long as the user is signed in. */
export function useTokenRenewal(
  provider: IdentityProvider | null,
  isSignedIn: boolean,
  onToken: (token: string) => void,
): void {
  useEffect(() => {
    if (!isSignedIn || !provider || !hasProviderSession()) return;
    let stop = () => {};
    let isUnmounted = false;
    void importOidc().then((oidc) => {
      if (!isUnmounted) stop = oidc.startTokenRenewal(provider, onToken);
    });
    return () => {
      isUnmounted = true;
      stop();
    };
  }, [isSignedIn, provider, onToken]);
}

export async function redirectToProvider(provider: IdentityProvider, returnTo: string): Promise<void> {
  await importOidc().then((oidc) => oidc.redirectToProvider(provider, returnTo));
}

/** Signs out at the provider if the user signed in there. */
export async function signOutAtProvider(provider: IdentityProvider): Promise<void> {
  if (hasProviderSession()) await importOidc().then((oidc) => oidc.signOutAtProvider(provider));
}
