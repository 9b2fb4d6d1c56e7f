// An OpenID Connect provider for tests: node tests/oidc-provider.mjs <file>
// Writes its public keys to the file and prints its URL. It accepts any user name with any password.

import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
const key = { kid: "tests", use: "sig", alg: "RS256" };
writeFileSync(process.argv[2], JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), ...key }] }));

const server = createServer();
server.listen(0, "127.0.0.1", async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), ...key }] },
    clients: [
      {
        client_id: "portal",
        // For native clients the provider accepts any port of the loopback address.
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: ["http://127.0.0.1/sign-in"],
        post_logout_redirect_uris: ["http://127.0.0.1/"],
      },
    ],
    clientBasedCORS: () => true,
    issueRefreshToken: async () => true,
    // oidc-client-ts renews a token a minute before it expires, so this one is renewed after five seconds.
    ttl: { AccessToken: 65, Session: 600, Grant: 600, Interaction: 600, IdToken: 600, RefreshToken: 600 },
    extraTokenClaims: () => ({ tenant_id: "demo", role: "partner" }),
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "",
          audience: "revshare",
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
        useGrantedResource: async () => true,
      },
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
