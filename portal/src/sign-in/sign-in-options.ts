import { isRecord, parseJson } from "./json";

/** A ready-made token of a demo server. */
export interface DemoUser {
  /** What the user can do. */
  readonly what: string;
  readonly user: string;
  readonly role: string;
  readonly token: string;
}

/** The OpenID Connect provider at which users sign in. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** Additional parameters of authorization and token requests, as a query string. */
  readonly parameters: string;
}

/** The ways to sign in besides pasting a token. */
export interface SignInOptions {
  readonly demoUsers: readonly DemoUser[];
  readonly provider: IdentityProvider | null;
}

const NO_OPTIONS: SignInOptions = { demoUsers: [], provider: null };

export function isStaffRole(role: string): boolean {
  return role !== "partner" && role !== "billing";
}

/** Fetches the server's sign-in options. If the server does not answer, only tokens are offered. */
export async function fetchSignInOptions(): Promise<SignInOptions> {
  try {
    const response = await fetch("/sign-in/options", { headers: { accept: "application/json" } });
    const body = response.ok ? await parseJson(response) : null;
    if (!isRecord(body)) return NO_OPTIONS;
    const demoUsers = Array.isArray(body.demo) ? body.demo.filter(isDemoUser) : [];
    return { demoUsers, provider: isIdentityProvider(body.oidc) ? body.oidc : null };
  } catch {
    return NO_OPTIONS;
  }
}

function hasTextFields(value: unknown, ...names: string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === "string");
}

function isDemoUser(value: unknown): value is DemoUser {
  return hasTextFields(value, "what", "user", "role", "token");
}

function isIdentityProvider(value: unknown): value is IdentityProvider {
  return hasTextFields(value, "issuer", "clientId", "scope", "parameters");
}
