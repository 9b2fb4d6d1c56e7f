import { t } from "@lingui/core/macro";

/** Why a text cannot be a token, or null if it can. An HTTP header cannot carry every character. */
export function malformedTokenMessage(token: string): string | null {
  return /^[\x21-\x7e]+$/.test(token) ? null : t`This is not a token: it contains spaces or special characters.`;
}
