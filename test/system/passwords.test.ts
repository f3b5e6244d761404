import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import { type Answer, Client } from "#test/support/client.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { readUntil } from "#test/support/eventually.ts";
import { natsServer, postgresUrl } from "#test/support/servers.ts";
import { freePort, Shop, ShopNode } from "#test/support/shop.ts";

const { ACCOUNT_FREE_FAILURES, ADDRESS_FREE_FAILURES, LOGIN_LOG_LINES, PAIR_FREE_FAILURES } = authLimits;
const PASSWORD = "a-long-enough-password";
const REFRESHES = 100;
const AT_ONCE = 12; // fewer than a gateway processes at once on the slowest machine
const START_MS = 60_000;

/** Two nodes that have a gateway and the services of identity only, without Redis. */
let nats: Awaited<ReturnType<typeof natsServer>>;
let shops: Shop[] = [];
let guests: Client[] = [];

beforeAll(async () => {
  nats = await natsServer();
  const env = {
    DATABASE_URL: postgresUrl(),
    NAMESPACE: freshNamespace(),
    NATS_URL: nats.url,
    HOST: "127.0.0.1",
    SEED_DEMO: "off",
    TRUST_PROXY: "on", // so that a test can come from many addresses
  };
  shops = await Promise.all(
    ["north", "south"].map(async (name) => {
      const port = await freePort();
      const node = new ShopNode(name, ["services/platform/gateway", "services/identity"], {
        ...env,
        NODE_ID: name,
        PORT: String(port),
      });
      node.start();
      return new Shop(`http://127.0.0.1:${port}`, [node]);
    }),
  );
  guests = shops.map((shop) => new Client(shop));
  // These gateways are never ready, because they do not see the other services.
  await Promise.all(guests.map((guest) => readUntil(() => canLogIn(guest), Boolean, START_MS)));
}, 60_000);
afterAll(async () => {
  await Promise.all(shops.map((shop) => shop.stop()));
  await nats?.stop();
});

/** Whether a login reaches the services: this one fails. */
async function canLogIn(guest: Client): Promise<boolean> {
  const login = { email: `nobody-${randomUUID()}@example.com`, password: "a guess" };
  const answer = await guest.post("/auth/login", login, { "x-forwarded-for": randomUUID() }).catch(() => undefined);
  return answer?.status === 401;
}

let sent = 0;
/** A request to one gateway after the other, from this address. */
function post(path: string, body: object, address: string): Promise<Answer> {
  const guest = guests[sent++ % guests.length] as Client;
  return guest.post(path, body, { "x-forwarded-for": address });
}

const logIn = (email: string, password: string, address: string) => post("/auth/login", { email, password }, address);

async function newAccount(address: string): Promise<string> {
  const email = `c-${randomUUID()}@example.com`;
  const body = { email, password: PASSWORD, firstName: "Ada", lastName: "Buyer" };
  expect((await post("/customers", body, address)).status).toBe(201);
  return email;
}

/** Sends guesses, some at the same moment. @returns how many reached the hash; the others are told how long to wait */
async function verified(count: number, guess: (n: number) => Promise<Answer>): Promise<number> {
  const answers: Answer[] = [];
  for (let n = 0; n < count; n += AT_ONCE)
    answers.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - n) }, (_, i) => guess(n + i)))));
  const refused = answers.filter(({ status }) => status === 429);
  for (const { headers } of refused) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  const reached = answers.filter(({ status }) => status === 401).length;
  expect(reached + refused.length).toBe(answers.length);
  return reached;
}

test("two refreshes at the same moment, each at another gateway, give the same next token, a hundred times in a row", async () => {
  const email = await newAccount("192.0.2.1");
  let { refreshToken } = (await logIn(email, PASSWORD, "192.0.2.1")).body;
  for (let n = 0; n < REFRESHES; n++) {
    const both = await Promise.all(guests.map((guest) => guest.post("/auth/refresh", { refreshToken })));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0]?.body.refreshToken).toBe(both[1]?.body.refreshToken);
    expect(both[0]?.body.refreshToken).not.toBe(refreshToken);
    refreshToken = both[0]?.body.refreshToken;
  }
}, 60_000);

test("guesses through both gateways reach the hash only so many times as the bounds say, and the owner still logs in", async () => {
  const email = await newAccount("192.0.2.2");
  expect((await logIn(email, PASSWORD, "192.0.2.2")).status).toBe(200);
  const guess = (n: number) => logIn(email, `guess ${n}`, `198.51.100.${n % 60}`);
  expect(await verified(160, guess)).toBe(ACCOUNT_FREE_FAILURES);
  expect((await logIn(email, PASSWORD, "192.0.2.2")).status).toBe(200);
  const spray = (n: number) => logIn(`nobody-${n}@example.com`, "a guess", "203.0.113.1");
  expect(await verified(100, spray)).toBe(ADDRESS_FREE_FAILURES);
  const repeat = (n: number) => logIn(email, `other ${n}`, "192.0.2.2");
  expect(await verified(50, repeat)).toBe(PAIR_FREE_FAILURES);
}, 60_000);

test("refused logins are logged with a name of the account that is not its email", async () => {
  const email = await newAccount("192.0.2.3");
  await verified(50, (n) => logIn(email, `guess ${n}`, `2001:db8:${n}::1`));
  const output = () => shops.map(({ nodes }) => nodes[0]?.output ?? "").join("");
  await readUntil(async () => output().includes("A login was refused"), Boolean);
  expect(output()).not.toContain(email);
  expect(output().match(/A login was refused/g)?.length).toBeLessThanOrEqual(2 * LOGIN_LOG_LINES * 3); // two nodes, three minutes
});

test.each(["password", "12345678", "Football1"])(
  "the password %s is refused with what is wrong and what would be right",
  async (password) => {
    const body = { email: `c-${randomUUID()}@example.com`, password, firstName: "Ada", lastName: "Buyer" };
    const answer = await post("/customers", body, "192.0.2.4");
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([{ path: "/password", message: expect.stringMatching(/most common.*choose/) }]);
  },
);

test("both Unicode forms of an email are one account", async () => {
  const forms = ["NFC", "NFD"].map((form) => `rené-${"x".repeat(8)}@example.com`.normalize(form));
  const register = (email = "") =>
    post("/customers", { email, password: PASSWORD, firstName: "Ada", lastName: "Buyer" }, "192.0.2.5");
  expect((await register(forms[1])).status).toBe(201);
  expect((await register(forms[0])).status).toBe(409);
  for (const email of forms) expect((await logIn(email, PASSWORD, "192.0.2.5")).status).toBe(200);
});
