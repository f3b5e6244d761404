import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { decodeJwt } from "jose";
import type { ActionSchema, EventSchema, Middleware, ServiceBroker, ServiceSchema } from "moleculer";
import auth from "#services/identity/auth/auth.service.ts";
import customers from "#services/identity/customers/customers.service.ts";
import users from "#services/identity/users/users.service.ts";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import gateway from "#services/platform/gateway/gateway.service.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { Client, newCustomer, staffMember } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually, readUntil } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { freePort, Shop } from "#test/support/shop.ts";

const PASSWORD = "a-long-enough-password";
const SHORT_MS = 400;
const WITHIN_A_SECOND_MS = 1_000;
const PUSHES = ["auth.sessionsEnded", "users.rightsChanged"];

/** The signals do not reach this node. */
const deafness = {
  name: "Deafness",
  localEvent: (next: unknown, { name = "" }: EventSchema) => (PUSHES.includes(name) ? async () => undefined : next),
} as unknown as Middleware;

/** How often states were asked for. */
const asked = { count: 0 };
const counting = {
  name: "Counting",
  localAction(next: (ctx: unknown) => unknown, { name = "" }: ActionSchema) {
    if (name !== "auth.activeSessions" && name !== "users.rightsOf") return next;
    return (ctx: unknown) => {
      asked.count += 1;
      return next(ctx);
    };
  },
} as unknown as Middleware;

let nats: Awaited<ReturnType<typeof natsServer>>;
let profiles: ServiceBroker;
let identity: ServiceBroker | undefined;
let gateways: ServiceBroker[];
let hearing: Shop;
let deaf: Shop;
const namespace = freshNamespace();

const startNode = (node: string, services: ServiceSchema[], settings = {}, middlewares: Middleware[] = []) =>
  startBroker({ namespace, services, nats: nats.url, node, settings, middlewares });

async function startGateway(node: string, middlewares: Middleware[]): Promise<[ServiceBroker, Shop]> {
  const port = await freePort();
  const broker = await startNode(node, [gateway], { PORT: String(port), HOST: "127.0.0.1" }, middlewares);
  return [broker, new Shop(`http://127.0.0.1:${port}`, [])];
}

const startIdentity = async () => {
  const account = { ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD: "admin-password-1" };
  identity = await startNode("identity", [auth, users], account, [counting]);
};

/** The number of nodes to which this one sends a signal. */
function hearers(broker: ServiceBroker): number {
  const events = broker.registry.getEventList({ withEndpoints: true }) as { name: string; endpoints?: unknown[] }[];
  return Math.max(0, ...events.filter(({ name }) => name === PUSHES[0]).map(({ endpoints = [] }) => endpoints.length));
}

beforeAll(async () => {
  nats = await natsServer();
  profiles = await startNode("profiles", [customers]);
  await startIdentity();
  const started = await Promise.all([startGateway("hearing", []), startGateway("deaf", [deafness])]);
  gateways = started.map(([broker]) => broker);
  [hearing, deaf] = started.map(([, shop]) => shop) as [Shop, Shop];
  await Promise.all([
    profiles.waitForServices(["auth"]),
    ...gateways.map((broker) => broker.waitForServices(["auth", "users", "customers"])),
    eventually(() => expect(hearers(identity as ServiceBroker)).toBe(gateways.length)),
  ]);
});
afterAll(async () => {
  await Promise.all([profiles, identity, ...(gateways ?? [])].map((broker) => broker?.stop()));
  await nats?.stop();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Shortens the time for which a state may be used. */
function ageWithin(ms: number): void {
  const limits = gatewayLimits as Record<string, number>;
  jest.replaceProperty(limits, "STATE_MAX_AGE_MS", ms);
  jest.replaceProperty(limits, "STATE_REREAD_MS", ms);
}

const at = (shop: Shop, { token, customerId }: Client) => new Client(shop, token, customerId);
const profile = (client: Client) => client.get(`/customers/${client.customerId}`);
const staffList = (client: Client) => client.get("/users");

/** A customer who has logged in, and the refresh token. */
async function newSession(): Promise<{ client: Client; refreshToken: string }> {
  const account = { email: `c-${crypto.randomUUID()}@example.com`, password: PASSWORD };
  const made = await new Client(hearing).post("/customers", { ...account, firstName: "Ada", lastName: "Buyer" });
  expect(made.status).toBe(201);
  const { status, body } = await new Client(hearing).post("/auth/login", account);
  expect(status).toBe(200);
  return { client: new Client(hearing, body.accessToken, made.body.customerId), refreshToken: body.refreshToken };
}

async function sessionsOfStaff({ token = "" }: Client): Promise<number> {
  const { sub } = decodeJwt(token);
  const sql = "SELECT 1 AS one FROM session WHERE subject_id = $1";
  return (await databaseOf(identity as ServiceBroker, "auth").query(sql, [sub])).length;
}

async function newClerk(admin: Client, roles: string[]) {
  const account = { email: `clerk-${crypto.randomUUID()}@example.com`, password: PASSWORD };
  const { body } = await admin.post("/users", { ...account, name: "Clerk", roles });
  const login = await new Client(hearing).post("/auth/staff/login", account);
  const change = async (facts: object) => expect((await admin.put(`/users/${body.staffId}`, facts)).status).toBe(200);
  return { change, clerk: new Client(hearing, login.body.accessToken) };
}

const soon = (read: () => Promise<{ status: number }>, status: number) =>
  eventually(async () => expect((await read()).status).toBe(status), WITHIN_A_SECOND_MS);

test("a customer is refused within a second after a logout at another gateway", async () => {
  const { client: ada, refreshToken } = await newSession();
  expect((await profile(at(hearing, ada))).status).toBe(200);
  expect((await new Client(deaf).post("/auth/logout", { refreshToken })).status).toBe(204);
  await soon(() => profile(at(hearing, ada)), 401);
});

test("staff have what they were given, and not what was taken, within a second, with the token that they have", async () => {
  const { change, clerk } = await newClerk(at(deaf, await staffMember(hearing)), ["order-desk"]);
  const customersList = () => clerk.get("/customers");
  expect([(await staffList(clerk)).status, (await customersList()).status]).toEqual([403, 200]);
  await change({ roles: ["admin"] });
  await soon(() => staffList(clerk), 200);
  await change({ roles: ["catalog-manager"] });
  await soon(() => staffList(clerk), 403);
  await soon(customersList, 403);
  await change({ active: false });
  await soon(customersList, 401);
  // The sessions have ended with the account, so opening it again gives nothing back.
  await eventually(async () => expect(await sessionsOfStaff(clerk)).toBe(0));
  await change({ active: true });
  await soon(customersList, 401);
});

test("when the signal was lost, a logout and a demotion hold at a gateway once its state is too old", async () => {
  const admin = await staffMember(hearing);
  const { change, clerk } = await newClerk(admin, ["admin"]);
  const { client, refreshToken } = await newSession();
  const ada = at(deaf, client);
  const sam = at(deaf, clerk);
  expect([(await profile(ada)).status, (await staffList(sam)).status]).toEqual([200, 200]);
  expect((await new Client(hearing).post("/auth/logout", { refreshToken })).status).toBe(204);
  await change({ roles: [] });
  await readUntil(
    () => staffList(clerk),
    ({ status }) => status === 403,
  ); // the other gateway has heard
  expect([(await profile(at(hearing, ada))).status, (await profile(ada)).status]).toEqual([401, 200]);
  expect((await staffList(sam)).status).toBe(200);
  ageWithin(SHORT_MS);
  await sleep(SHORT_MS);
  expect([(await profile(ada)).status, (await staffList(sam)).status]).toEqual([401, 403]);
});

test("a gateway asks about a session once for many requests, and about many sessions in few calls", async () => {
  const buyers = await Promise.all(Array.from({ length: 20 }, () => newCustomer(hearing)));
  asked.count = 0;
  await Promise.all(buyers.flatMap((buyer) => Array.from({ length: 10 }, () => profile(buyer))));
  expect(asked.count).toBeGreaterThan(0);
  expect(asked.count).toBeLessThanOrEqual(buyers.length);
  const before = asked.count;
  await Promise.all(buyers.map(profile));
  expect(asked.count).toBe(before);
});

test("without auth and users customers go on with their tokens, and staff do until their rights are too old", async () => {
  const [ada, admin, bob] = [await newCustomer(hearing), await staffMember(hearing), await newCustomer(hearing)];
  expect([(await profile(ada)).status, (await staffList(admin)).status]).toEqual([200, 200]);
  await identity?.stop();
  identity = undefined;
  ageWithin(0);
  for (const client of [ada, bob, ada]) expect((await profile(client)).status).toBe(200);
  const refused = await admin.get("/customers");
  expect([refused.status, refused.body.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
  expect(refused.headers.get("retry-after")).toBeTruthy();
  await startIdentity();
  const served = await readUntil(
    () => admin.get("/customers"),
    ({ status }) => status !== 503,
  );
  expect(served.status).toBe(200);
});
