/** A random idempotency key. `crypto.randomUUID` is not available to pages that are served without TLS. */
export const randomKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
