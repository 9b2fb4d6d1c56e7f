import { t } from "@lingui/core/macro";
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
    return { error: t`The server cannot be reached. Try again in a moment.`, isTokenRejected: false };
  }
  return parseViewer(response.status, await parseJson(response));
}

function parseViewer(status: number, body: unknown): ViewerResult {
  if (status === 401) return { error: rejectedTokenMessage(body), isTokenRejected: true };
  const data = isRecord(body) ? body.data : null;
  const viewer = isRecord(data) ? data.viewer : null;
  if (!isRecord(viewer)) {
    const reason = firstErrorMessage(body) ?? t`it answered with status ${status}`;
    return { error: t`The server cannot sign you in: ${reason}`, isTokenRejected: false };
  }
  const { kind, userId, role, tenant } = viewer;
  const tenantName = isRecord(tenant) ? tenant.name : null;
  if (typeof userId !== "string" || typeof role !== "string" || typeof tenantName !== "string") {
    return { error: t`The server’s answer is not valid.`, isTokenRejected: false };
  }
  if (kind === "STAFF") return { viewer: { userId, role, tenant: tenantName } };
  return { error: staffOnlyMessage(String(kind), userId, tenantName), isTokenRejected: true };
}

function staffOnlyMessage(kind: string, userId: string, tenantName: string): string {
  // The name of a company may itself end with a dot.
  const tenant = tenantName.replace(/\.$/, "");
  if (kind === "PARTNER_USER") return t`GraphiQL is for staff; ${userId} is a partner user of ${tenant}.`;
  if (kind === "SERVICE") return t`GraphiQL is for staff; ${userId} is a service account of ${tenant}.`;
  return t`GraphiQL is for staff; ${userId} is not staff of ${tenant}.`;
}
