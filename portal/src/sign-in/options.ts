import { isRecord, jsonOf } from "./json";

/** A ready-made token of a demo server. */
export interface DemoToken {
  readonly what: string;
  readonly user: string;
  readonly role: string;
  readonly token: string;
}

/** An identity provider that people sign in at. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** What else to say when asking it, as a query string. */
  readonly parameters: string;
}

/** The ways to sign in, beside pasting a token. */
export interface Options {
  readonly demo: readonly DemoToken[];
  readonly provider: Provider | null;
}

const NONE: Options = { demo: [], provider: null };

/** Whether users of this role are staff. */
export function isStaff(role: string): boolean {
  return role !== "partner" && role !== "billing";
}

/** Asks the server which ways there are. A server that does not answer has none. */
export async function signInOptions(): Promise<Options> {
  try {
    const response = await fetch("/sign-in/options", { headers: { accept: "application/json" } });
    const body = response.ok ? await jsonOf(response) : null;
    if (!isRecord(body)) return NONE;
    const demo = Array.isArray(body.demo) ? body.demo.filter(isDemoToken) : [];
    return { demo, provider: isProvider(body.oidc) ? body.oidc : null };
  } catch {
    return NONE;
  }
}

/** The tokens of a demo server, staff's first. */
export async function demoTokens(): Promise<readonly DemoToken[]> {
  const { demo } = await signInOptions();
  return demo.toSorted((a, b) => Number(isStaff(b.role)) - Number(isStaff(a.role)));
}

function hasTexts(value: unknown, ...names: string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === "string");
}

function isDemoToken(value: unknown): value is DemoToken {
  return hasTexts(value, "what", "user", "role", "token");
}

function isProvider(value: unknown): value is Provider {
  return hasTexts(value, "issuer", "clientId", "scope", "parameters");
}
