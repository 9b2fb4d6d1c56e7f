import { firstError, refusalText } from "../sign-in/errors";
import { isRecord, jsonOf } from "../sign-in/json";

/** A member of staff who is signed in. */
export interface Viewer {
  readonly userId: string;
  readonly role: string;
  readonly tenant: string;
}

/** What came of a token: who it belongs to, or why that is nobody who may use this page. */
export type Answer =
  | { readonly viewer: Viewer }
  /** `final`: the token is of no use here, now or later. */
  | { readonly reason: string; readonly final: boolean };

const SIGN_IN = "query SignIn { viewer { kind userId role tenant { id name } } }";

const KINDS: Readonly<Record<string, string>> = {
  PARTNER_USER: "a partner user",
  SERVICE: "a service",
};

/** Asks the server whose token this is. */
export async function viewerOf(token: string): Promise<Answer> {
  // What is pasted by mistake may hold letters that no header can carry.
  if (!/^[\x21-\x7e]+$/.test(token)) return { reason: "This is not a token: it has spaces or special letters.", final: true };
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: SIGN_IN, operationName: "SignIn" }),
    });
  } catch {
    return { reason: "The server cannot be reached. Try again in a moment.", final: false };
  }
  return read(response.status, await jsonOf(response));
}

function read(status: number, body: unknown): Answer {
  if (status === 401) return { reason: refusalText(body), final: true };
  const data = isRecord(body) ? body.data : null;
  const viewer = isRecord(data) ? data.viewer : null;
  if (!isRecord(viewer)) {
    return { reason: `The server cannot sign you in: ${firstError(body) ?? `it answered ${status}`}`, final: false };
  }
  const { kind, userId, role, tenant } = viewer;
  const name = isRecord(tenant) ? tenant.name : null;
  if (typeof userId !== "string" || typeof role !== "string" || typeof name !== "string") {
    return { reason: "The server's answer cannot be read.", final: false };
  }
  if (kind === "STAFF") return { viewer: { userId, role, tenant: name } };
  const what = KINDS[String(kind)] ?? "somebody else";
  // Names of companies may end with a dot of their own.
  return { reason: `GraphiQL is for staff; ${userId} is ${what} of ${name.replace(/\.$/, "")}.`, final: true };
}
