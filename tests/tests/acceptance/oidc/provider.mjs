// A real OpenID Connect provider over TLS: `oidc-provider` with its own pages for people to log in.
//
// node provider.mjs MODULE PORT FOLDER REDIRECT-URI
// FOLDER holds cert.pem and key.pem, keys.json (the signing keys) and people.json: `{ "sam": ["it"] }`, names and
// their groups, read anew for every login.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { pathToFileURL } from "node:url";

const [module, port, folder, redirect] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(module));
const read = (name) => readFileSync(`${folder}/${name}`, "utf8");

const provider = new Provider(`https://localhost:${port}`, {
  clients: [
    { client_id: "dogwatch", client_secret: "hushed+secret/of=the:test", redirect_uris: [redirect] },
  ],
  jwks: JSON.parse(read("keys.json")),
  cookies: { keys: ["only for a test"] },
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: `subject-of-${id}`,
      preferred_username: id,
      groups: JSON.parse(read("people.json"))[id] ?? [],
    }),
  }),
});
provider.on("server_error", (_, error) => console.error(error));

createServer({ cert: read("cert.pem"), key: read("key.pem") }, provider.callback()).listen(port, "127.0.0.1", () =>
  console.log("ready"),
);
