// An identity provider for tests: the npm package oidc-provider, which is certified for OpenID Connect, with one client.
//
//   OIDC_CLIENT_SECRET=… node issuer.mjs HOST PORT
//
// Prints "ready" once it answers, and ends with its standard input. Its discovery document is at
// http://HOST:PORT/.well-known/openid-configuration. Beside it stands what a runner of GitHub's gives a job: GET
// /job?audience=A with the bearer token OIDC_CLIENT_SECRET answers {"value": TOKEN}, a token that it had signed by its own
// token endpoint (client_credentials, as a JWT) for that audience. `lifetime=S` makes it last S seconds.
import { generateKeyPairSync } from "node:crypto";
import http from "node:http";
import Provider from "oidc-provider";

const [host, port] = process.argv.slice(2);
const secret = process.env.OIDC_CLIENT_SECRET;
if (!host || !port || !secret) {
  console.error("usage: OIDC_CLIENT_SECRET=… node issuer.mjs HOST PORT");
  process.exit(1);
}
const issuer = `http://${host}:${port}`;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "job-1" }] },
  clients: [
    {
      client_id: "repo:team/clusters:ref:refs/heads/main",
      client_secret: secret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  cookies: { keys: [secret] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => {
        const asked = new URL(resource);
        return {
          scope: "job",
          audience: decodeURIComponent(asked.pathname.slice(1)),
          accessTokenFormat: "jwt",
          accessTokenTTL: Number(asked.searchParams.get("lifetime") || 300),
          jwt: { sign: { alg: "RS256" } },
        };
      },
    },
  },
  extraTokenClaims: () => ({ repository: "team/clusters", sub: "repo:team/clusters:ref:refs/heads/main" }),
});
const answer = provider.callback();

async function job(request, response) {
  const asked = new URL(request.url, issuer);
  if (request.headers.authorization !== `bearer ${secret}`) {
    response.writeHead(401).end();
    return;
  }
  const audience = encodeURIComponent(asked.searchParams.get("audience") || "none");
  const lifetime = asked.searchParams.get("lifetime") || "300";
  const basic = [encodeURIComponent("repo:team/clusters:ref:refs/heads/main"), encodeURIComponent(secret)].join(":");
  const token = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(basic).toString("base64")}` },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      resource: `https://audience.invalid/${audience}?lifetime=${lifetime}`,
    }),
  });
  const told = await token.json();
  response.writeHead(token.status, { "content-type": "application/json" });
  response.end(JSON.stringify(token.ok ? { value: told.access_token } : told));
}

http
  .createServer((request, response) =>
    request.url.startsWith("/job?") ? job(request, response).catch(() => response.writeHead(500).end()) : answer(request, response),
  )
  .listen(Number(port), host, () => console.log("ready"));
process.stdin.on("end", () => process.exit(0)).resume();
