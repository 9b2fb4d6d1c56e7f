// Of this tab only, and gone when it is closed. A token never goes to localStorage, which stays, nor into the address.
const KEY = "revshare.token";

/** Keeps the token, so that a reload does not sign out. */
export function keep(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** The token that was kept. */
export function kept(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Forgets the token. */
export function forget(): void {
  sessionStorage.removeItem(KEY);
}
