import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { ADDRESS, Client, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer, postgresUrl } from "#test/support/servers.ts";
import { freePort, Shop, ShopNode, startShop } from "#test/support/shop.ts";

const WITHIN_A_SECOND_MS = 1_000;
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

async function newClerk(shop: Shop, admin: Client, roles: string[]) {
  const account = { email: `clerk-${crypto.randomUUID()}@example.com`, password: PASSWORD };
  const { body } = await admin.post("/users", { ...account, name: "Clerk", roles });
  const change = async (facts: object) => expect((await admin.put(`/users/${body.staffId}`, facts)).status).toBe(200);
  return { change, tokens: await logIn(shop, "/auth/staff/login", account) };
}

describe("one process", () => {
  let shop: Shop;
  let admin: Client;
  beforeAll(async () => {
    shop = await startShop("one process", { JWT_PRIVATE_KEY });
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

describe("two gateways over NATS", () => {
  let nats: Awaited<ReturnType<typeof natsServer>>;
  let shops: Shop[];
  let north: Shop;
  let south: Shop;
  let admin: Client;

  beforeAll(async () => {
    nats = await natsServer();
    const env = {
      DATABASE_URL: postgresUrl(),
      NAMESPACE: freshNamespace(),
      NATS_URL: nats.url,
      HOST: "127.0.0.1",
      RATE_LIMIT: "off",
    };
    shops = await Promise.all(
      [
        { name: "north", folders: ["services"] },
        { name: "south", folders: ["services/platform"] },
      ].map(async ({ name, folders }) => {
        const port = await freePort();
        const node = new ShopNode(name, folders, { ...env, NODE_ID: name, PORT: String(port) });
        node.start();
        return new Shop(`http://127.0.0.1:${port}`, [node]);
      }),
    );
    [north, south] = shops as [Shop, Shop];
    await Promise.all(shops.map((shop) => shop.ready()));
    admin = await staffMember(north);
  }, 60_000);
  afterAll(async () => {
    await Promise.all((shops ?? []).map((shop) => shop.stop()));
    await nats?.stop();
  });

  const soon = (read: () => Promise<{ status: number }>, status: number) =>
    eventually(async () => expect((await read()).status).toBe(status), WITHIN_A_SECOND_MS);

  test("refuse a customer within a second after a logout at the other gateway", async () => {
    const account = await newAccount(north);
    const { accessToken, refreshToken } = await logIn(north, "/auth/login", account);
    const profile = () => new Client(south, accessToken).get(`/customers/${account.customerId}`);
    expect((await profile()).status).toBe(200);
    await new Client(north).post("/auth/logout", { refreshToken });
    await soon(profile, 401);
  });

  test("let staff have what they were given, and not what was taken, within a second, with the token that they have", async () => {
    const { change, tokens } = await newClerk(north, admin, ["catalog-manager"]);
    const orders = () => new Client(south, tokens.accessToken).get("/customers/cust_x/orders");
    const brand = () =>
      new Client(south, tokens.accessToken).post("/brands", { slug: `b-${crypto.randomUUID()}`, name: "Brand" });
    expect([(await orders()).status, (await brand()).status]).toEqual([403, 201]);
    await change({ roles: ["order-desk"] });
    await soon(orders, 200);
    await soon(brand, 403);
    await change({ active: false });
    await soon(orders, 401);
    await change({ active: true });
    await new Promise((resolve) => setTimeout(resolve, WITHIN_A_SECOND_MS));
    expect((await orders()).status).toBe(401);
  });
});
