// Of this tab only, and gone when it is closed. A token never goes to localStorage, which stays, nor into the address.
const TOKEN = "revshare.token";

/** Keeps the token, so that a reload does not sign out. */
export function keep(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

/** The token that was kept. */
export function kept(): string | null {
  return sessionStorage.getItem(TOKEN);
}

/** Forgets the token, and what was known of its holder. */
export function forget(): void {
  sessionStorage.clear();
}
