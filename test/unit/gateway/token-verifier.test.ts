import { afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type IssuedKeys, TokenVerifier } from "#services/platform/gateway/identity/token-verifier.ts";

const MINUTE_MS = 60_000;
const NOW_MS = Date.now();
const MONOTONIC_MS = performance.now();

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

/** An `Authorization` header with a token that is valid for fifteen minutes. */
async function issuedAt(ms: number): Promise<string> {
  const seconds = Math.floor(ms / 1_000);
  const token = await new SignJWT({ kind: "customer" })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuer("tradepost")
    .setSubject("cust_1")
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 900)
    .sign(pair.privateKey);
  return `Bearer ${token}`;
}

function verifier(issuerMs: number) {
  const fetches = { count: 0 };
  const fetch = async () => {
    fetches.count += 1;
    return { keys, now: new Date(issuerMs).toISOString() };
  };
  return { fetches, verifier: new TokenVerifier(fetch) };
}

/** Sets the monotonic clock to this time after the start of the test. */
function setElapsed(ms: number): void {
  jest.spyOn(performance, "now").mockReturnValue(MONOTONIC_MS + ms);
}

const CUSTOMER = { kind: "customer", customerId: "cust_1" };
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
  const { verifier: edge, fetches } = verifier(NOW_MS);
  setElapsed(0);
  await edge.identify(await issuedAt(NOW_MS));
  setElapsed(61 * MINUTE_MS);
  const late = await issuedAt(NOW_MS + 60 * MINUTE_MS);
  await Promise.all([edge.identify(late), edge.identify(late)]);
  expect(fetches.count).toBe(2);
});
