import { t } from "@lingui/core/macro";
import { isRecord } from "./json";

/** The message of the first error in a GraphQL response, if there is one. */
export function firstErrorMessage(body: unknown): string | null {
  if (!isRecord(body) || !Array.isArray(body.errors)) return null;
  const [first]: unknown[] = body.errors;
  return isRecord(first) && typeof first.message === "string" ? first.message : null;
}

/** Why the server rejected a token, for the user. */
export function rejectedTokenMessage(body: unknown): string {
  const message = firstErrorMessage(body);
  return message ? t`The server rejected the token: ${message}` : t`The server rejected the token.`;
}
