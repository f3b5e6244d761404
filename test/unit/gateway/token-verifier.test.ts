import { afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { accessTokens } from "#services/identity/auth/contract.ts";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import { type IssuedKeys, TokenVerifier } from "#services/platform/gateway/identity/token-verifier.ts";

const MINUTE_MS = 60_000;
const NOW_MS = Date.now();
const MONOTONIC_MS = Math.round(performance.now()); // whole, so that sums and differences are exact

let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let keys: IssuedKeys["keys"];

beforeAll(async () => {
  pair = await generateKeyPair("RS256");
  const { n = "", e = "" } = await exportJWK(pair.publicKey);
  keys = [{ kty: "RSA", alg: "RS256", use: "sig", kid: "k1", n, e }];
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** An `Authorization` header with a token that is valid for fifteen minutes, apart from these changes. Signed with the real key. */
async function issuedAt(ms: number, claims: JWTPayload = {}, header: object = {}): Promise<string> {
  const iat = Math.floor(ms / 1_000);
  const issued = { iss: "tradepost", aud: "shop", sub: "cust_1", kind: "customer", sid: "s1", iat, exp: iat + 900 };
  const token = await new SignJWT({ ...issued, ...claims })
    .setProtectedHeader({ alg: "RS256", typ: "at+jwt", kid: "k1", ...header } as JWTHeaderParameters)
    .sign(pair.privateKey);
  return `Bearer ${token}`;
}

function verifier(issuerMs: number) {
  const issuer = { ms: issuerMs, fetches: 0 };
  const fetchKeys = async () => {
    issuer.fetches += 1;
    return { keys, now: new Date(issuer.ms).toISOString() };
  };
  const edge = new TokenVerifier({
    audience: "shop",
    fetchKeys,
    callerOf: async ({ kind, subjectId, sid }) => ({ kind: "staff", staffId: subjectId, scopes: [kind, sid] }),
  });
  return { issuer, verifier: edge };
}

/** Sets the monotonic clock to this time after the start of the test. */
function setElapsed(ms: number): void {
  jest.spyOn(performance, "now").mockReturnValue(MONOTONIC_MS + ms);
}

const CUSTOMER = { kind: "staff", staffId: "cust_1", scopes: ["customer", "s1"] };
const REFUSED = { type: "UNAUTHENTICATED" };

test.each([-10, 0, 10, 600])(
  "tokens expire by the issuer's clock, also when it differs from this node's by %d minutes",
  async (minutes) => {
    const issuerMs = NOW_MS + minutes * MINUTE_MS;
    const edge = verifier(issuerMs).verifier;
    setElapsed(0);
    await expect(edge.identify(await issuedAt(issuerMs - 14 * MINUTE_MS))).resolves.toEqual(CUSTOMER);
    await expect(edge.identify(await issuedAt(issuerMs - 16 * MINUTE_MS))).rejects.toMatchObject(REFUSED);
  },
);

test("a cached token expires in time, also when the wall clock is set back meanwhile", async () => {
  const edge = verifier(NOW_MS).verifier;
  setElapsed(0);
  const token = await issuedAt(NOW_MS);
  await expect(edge.identify(token)).resolves.toEqual(CUSTOMER);
  jest.spyOn(Date, "now").mockReturnValue(NOW_MS - 60 * MINUTE_MS);
  setElapsed(14 * MINUTE_MS);
  await expect(edge.identify(token)).resolves.toEqual(CUSTOMER);
  setElapsed(16 * MINUTE_MS);
  await expect(edge.identify(token)).rejects.toMatchObject(REFUSED);
});

test("keys and time are fetched again after an hour, once, while requests use the old ones", async () => {
  const { verifier: edge, issuer } = verifier(NOW_MS);
  setElapsed(0);
  await edge.identify(await issuedAt(NOW_MS));
  setElapsed(61 * MINUTE_MS);
  const late = await issuedAt(NOW_MS + 60 * MINUTE_MS);
  await Promise.all([edge.identify(late), edge.identify(late)]);
  expect(issuer.fetches).toBe(2);
});

const NOW_SECONDS = Math.floor(NOW_MS / 1_000);
const TEN_YEARS_SECONDS = 10 * 365 * 86_400;
const missing = (claim: string) => ({ [claim]: undefined });

test.each<[string, JWTPayload, object?]>([
  ["of another issuer", { iss: "another" }],
  ["for another audience", { aud: "another-shop" }],
  ["for no audience", missing("aud")],
  ["that lives for ten years", { exp: NOW_SECONDS + TEN_YEARS_SECONDS }],
  ["that lives for a second too long", { exp: NOW_SECONDS + accessTokens.lifeSeconds + 1 }],
  ["that was issued ten years ago and lives until now", { iat: NOW_SECONDS - TEN_YEARS_SECONDS }],
  ["without an end", missing("exp")],
  ["whose end is no number", { exp: `${NOW_SECONDS + 900}` as never }],
  ["issued in an hour", { iat: NOW_SECONDS + 3_600, exp: NOW_SECONDS + 4_500 }],
  ["issued in an hour that ends before", { iat: NOW_SECONDS + 3_600 }],
  ["without a time of issue", missing("iat")],
  ["whose time of issue is no number", { iat: "0" as never }],
  ["not valid before an hour", { nbf: NOW_SECONDS + 3_600 }],
  ["without a subject", missing("sub")],
  ["whose subject is no text", { sub: 1 as never }],
  ["without a session", missing("sid")],
  ["whose session is no text", { sid: ["s1"] }],
  ["without a kind", missing("kind")],
  ["of another kind", { kind: "service" }],
  ["that names no key", {}, { kid: undefined }],
  ["that names an unknown key", {}, { kid: "k2" }],
  ["of the type of id tokens", {}, { typ: "JWT" }],
  ["of an odd type", {}, { typ: "application/secevent+jwt" }],
  ["of no type", {}, { typ: undefined }],
])("a token %s is refused, although the real key has signed it", async (_what, claims, header = {}) => {
  const edge = verifier(NOW_MS).verifier;
  setElapsed(0);
  await expect(edge.identify(await issuedAt(NOW_MS))).resolves.toEqual(CUSTOMER);
  await expect(edge.identify(await issuedAt(NOW_MS, claims, header))).rejects.toMatchObject(REFUSED);
});

test("a token of another key, of another algorithm or without a signature is refused", async () => {
  const edge = verifier(NOW_MS).verifier;
  setElapsed(0);
  const [header = "", claims = "", signature = ""] = (await issuedAt(NOW_MS)).split(".");
  const another = await generateKeyPair("RS256");
  const copy = (alg: string) =>
    new SignJWT(JSON.parse(Buffer.from(claims, "base64url").toString())).setProtectedHeader({
      alg,
      typ: "at+jwt",
      kid: "k1",
    });
  const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt", kid: "k1" })).toString("base64url");
  for (const forged of [
    `Bearer ${await copy("RS256").sign(another.privateKey)}`,
    `Bearer ${await copy("HS256").sign(Buffer.from(keys[0]?.n ?? "", "base64url"))}`,
    `Bearer ${none}.${claims}.${signature}`,
    `${header}.${claims.slice(0, -2)}.${signature}`,
  ])
    await expect(edge.identify(forged)).rejects.toMatchObject(REFUSED);
});

test("a token that is issued a little later than now by this node's count is accepted", async () => {
  const edge = verifier(NOW_MS).verifier;
  setElapsed(0);
  const seconds = gatewayLimits.TOKEN_ISSUE_TOLERANCE_SECONDS;
  await expect(edge.identify(await issuedAt(NOW_MS + (seconds - 1) * 1_000))).resolves.toEqual(CUSTOMER);
  await expect(edge.identify(await issuedAt(NOW_MS + (seconds + 1) * 1_000))).rejects.toMatchObject(REFUSED);
});

test("after this node has slept, the issuer's time is fetched again for the first token that seems to come from the future", async () => {
  const { verifier: edge, issuer } = verifier(NOW_MS);
  setElapsed(0);
  await edge.identify(await issuedAt(NOW_MS));
  issuer.ms = NOW_MS + 60 * MINUTE_MS; // the monotonic clock did not count while the machine slept
  setElapsed(gatewayLimits.KEYS_REFETCH_MS);
  await expect(edge.identify(await issuedAt(issuer.ms))).resolves.toEqual(CUSTOMER);
  for (let n = 0; n < 5; n++)
    await expect(edge.identify(await issuedAt(issuer.ms + (n + 2) * MINUTE_MS))).rejects.toMatchObject(REFUSED);
  expect(issuer.fetches).toBe(2);
});
