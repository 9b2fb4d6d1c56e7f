import { SignJWT } from "jose";

/** Creates a token of a user of the demo tenant, signed with the key of the server. */
export function createToken(secret, user, role, seconds = 3_600) {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({ tenant_id: "demo", role })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(user)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(new TextEncoder().encode(secret));
}
