import { isRecord, jsonOf } from "./json";

/** A ready-made token of a demo server. */
export interface DemoToken {
  readonly what: string;
  readonly user: string;
  readonly role: string;
  readonly token: string;
}

/** Whether users of this role are staff, and so may use this page. */
export function isStaff(role: string): boolean {
  return role !== "partner" && role !== "billing";
}

/** The tokens that a demo server hands out, staff's first; none from any other server. */
export async function demoTokens(): Promise<readonly DemoToken[]> {
  try {
    const response = await fetch("/demo-tokens", { headers: { accept: "application/json" } });
    const list = response.ok ? await jsonOf(response) : [];
    const tokens = Array.isArray(list) ? list.filter(isDemoToken) : [];
    return tokens.sort((a, b) => Number(isStaff(b.role)) - Number(isStaff(a.role)));
  } catch {
    return [];
  }
}

function isDemoToken(value: unknown): value is DemoToken {
  return isRecord(value) && ["what", "user", "role", "token"].every((key) => typeof value[key] === "string");
}
