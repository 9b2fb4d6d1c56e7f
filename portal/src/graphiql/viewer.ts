import { firstErrorMessage, rejectedTokenMessage } from "../sign-in/graphql-errors";
import { isRecord, parseJson } from "../sign-in/json";
import { malformedTokenMessage } from "../sign-in/token-format";

/** A signed-in member of staff. */
export interface StaffViewer {
  readonly userId: string;
  readonly role: string;
  readonly tenant: string;
}

/** The owner of a token, or why it cannot be used here. */
export type ViewerResult =
  | { readonly viewer: StaffViewer }
  /** `isTokenRejected`: the same token cannot succeed in another attempt. */
  | { readonly error: string; readonly isTokenRejected: boolean };

const VIEWER_QUERY = "query SignIn { viewer { kind userId role tenant { id name } } }";

const KIND_LABELS: Readonly<Record<string, string>> = {
  PARTNER_USER: "a partner user",
  SERVICE: "a service account",
};

/** Fetches the owner of a token, who must be staff. */
export async function fetchStaffViewer(token: string): Promise<ViewerResult> {
  const malformed = malformedTokenMessage(token);
  if (malformed) return { error: malformed, isTokenRejected: true };
  let response: Response;
  try {
    response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: VIEWER_QUERY, operationName: "SignIn" }),
    });
  } catch {
    return { error: "The server cannot be reached. Try again in a moment.", isTokenRejected: false };
  }
  return parseViewer(response.status, await parseJson(response));
}

function parseViewer(status: number, body: unknown): ViewerResult {
  if (status === 401) return { error: rejectedTokenMessage(body), isTokenRejected: true };
  const data = isRecord(body) ? body.data : null;
  const viewer = isRecord(data) ? data.viewer : null;
  if (!isRecord(viewer)) {
    const reason = firstErrorMessage(body) ?? `it answered with status ${status}`;
    return { error: `The server cannot sign you in: ${reason}`, isTokenRejected: false };
  }
  const { kind, userId, role, tenant } = viewer;
  const tenantName = isRecord(tenant) ? tenant.name : null;
  if (typeof userId !== "string" || typeof role !== "string" || typeof tenantName !== "string") {
    return { error: "The server's answer is not valid.", isTokenRejected: false };
  }
  if (kind === "STAFF") return { viewer: { userId, role, tenant: tenantName } };
  const label = KIND_LABELS[String(kind)] ?? "not staff";
  // The name of a company may itself end with a dot.
  const error = `GraphiQL is for staff; ${userId} is ${label} of ${tenantName.replace(/\.$/, "")}.`;
  return { error, isTokenRejected: true };
}
