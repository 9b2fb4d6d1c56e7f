import { isRecord } from "./json";

/** The message of the first error of a GraphQL answer, if it has one. */
export function firstError(body: unknown): string | null {
  if (!isRecord(body) || !Array.isArray(body.errors)) return null;
  const [first]: unknown[] = body.errors;
  return isRecord(first) && typeof first.message === "string" ? first.message : null;
}

/** Why a token does not count (any longer), for the one who holds it. */
export function refusalText(body: unknown): string {
  const message = firstError(body);
  return message ? `The server refused the token: ${message}` : "The server refused the token.";
}
