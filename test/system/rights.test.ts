import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { ADDRESS, Client, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

const PASSWORD = "a-long-enough-password";
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const JWT_PRIVATE_KEY = key.export({ type: "pkcs8", format: "pem" }).toString();

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

async function newAccount(shop: Shop): Promise<{ email: string; password: string; customerId: string }> {
  const email = `rights-${crypto.randomUUID()}@example.com`;
  const { body } = await new Client(shop).post("/customers", {
    email,
    password: PASSWORD,
    firstName: "Ada",
    lastName: "Buyer",
  });
  return { email, password: PASSWORD, customerId: body.customerId };
}

async function logIn(shop: Shop, path: string, { email, password }: { email: string; password: string }) {
  return (await new Client(shop).post(path, { email, password })).body as Tokens;
}

describe("one process", () => {
  let shop: Shop;
  let admin: Client;
  beforeAll(async () => {
    shop = await startShop("this process", { JWT_PRIVATE_KEY });
    admin = await staffMember(shop);
  }, 60_000);
  afterAll(() => shop?.stop());

  test("a customer who has logged out cannot buy on, nor follow an order", async () => {
    const goods = await newGoods(admin, 10);
    const account = await newAccount(shop);
    const { accessToken, refreshToken } = await logIn(shop, "/auth/login", account);
    const buyer = new Client(shop, accessToken, account.customerId);
    const ordered = await buyer.post("/orders", orderOf(buyer, goods, 1, "pm_card_authenticationRequired"));
    expect(ordered.status).toBe(201);
    const stream = await fetch(`${shop.url}/api/v1/orders/${ordered.body.orderId}/stream`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(stream.status).toBe(200);
    expect((await buyer.post("/auth/logout", { refreshToken })).status).toBe(204);
    for (const answer of [
      await buyer.post("/orders", orderOf(buyer, goods)),
      await buyer.post("/checkout", { cartId: "cart_x", shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" }),
      await buyer.get(`/orders/${ordered.body.orderId}`),
    ])
      expect([answer.status, answer.body.code]).toEqual([401, "UNAUTHENTICATED"]);
    await stream.text(); // ends at its next read of the order
  });

  test("a refresh token that is used twice ends the session at once, also for its access tokens", async () => {
    const account = await newAccount(shop);
    const first = await logIn(shop, "/auth/login", account);
    const guest = new Client(shop);
    const second = (await guest.post("/auth/refresh", { refreshToken: first.refreshToken })).body as Tokens;
    const third = (await guest.post("/auth/refresh", { refreshToken: second.refreshToken })).body as Tokens;
    const profile = () => new Client(shop, third.accessToken).get(`/customers/${account.customerId}`);
    expect((await profile()).status).toBe(200);
    expect((await guest.post("/auth/refresh", { refreshToken: first.refreshToken })).status).toBe(401);
    expect((await profile()).status).toBe(401);
  });

  const forgeries: [string, (now: number) => JWTPayload, object?][] = [
    ["for another audience", () => ({ aud: "another-shop" })],
    ["for no audience", () => ({ aud: undefined })],
    ["issued in an hour", (now) => ({ iat: now + 3_600, exp: now + 4_500 })],
    ["that lives for ten years", (now) => ({ exp: now + 315_360_000 })],
    ["that names no key", () => ({}), { kid: undefined }],
    ["of an odd type", () => ({}), { typ: "JWT" }],
    ["of no session", () => ({ sid: undefined })],
    ["of a session that does not exist", () => ({ sid: "c0ffee" })],
    ["of somebody else", () => ({ sub: "cust_01h455vb4pex5vsknk084sn02q" })],
    ["of staff, with all scopes", () => ({ kind: "staff", scopes: ["*"] })],
  ];

  test.each(forgeries)(
    "a token %s is a 401, although the real key has signed it",
    async (_what, claims, header = {}) => {
      const account = await newAccount(shop);
      const { accessToken } = await logIn(shop, "/auth/login", account);
      const sign = (changes: JWTPayload, headers: object = {}) =>
        new SignJWT({ ...decodeJwt(accessToken), ...changes })
          .setProtectedHeader({ ...decodeProtectedHeader(accessToken), alg: "RS256", ...headers } as { alg: string })
          .sign(key);
      const profile = (token: string) => new Client(shop, token).get(`/customers/${account.customerId}`);
      expect((await profile(await sign({}))).status).toBe(200);
      const answer = await profile(await sign(claims(Math.floor(Date.now() / 1_000)), header));
      expect([answer.status, answer.body.code]).toEqual([401, "UNAUTHENTICATED"]);
    },
  );
});
