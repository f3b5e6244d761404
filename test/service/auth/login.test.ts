import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { Auth } from "#lib/contract/access.ts";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import { PasswordHashes } from "#services/identity/auth/steps/passwords.ts";
import { deleteForgotten } from "#services/identity/auth/throttle.store.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { Identity, outcome, PASSWORD, rows, SOMEBODY } from "./identity-fixture.ts";

const {
  ACCOUNT_FORGET_SECONDS,
  ACCOUNT_FREE_FAILURES,
  ADDRESS_FREE_FAILURES,
  COUNTER_HOURS,
  FREE_REGISTRATIONS,
  KNOWN_ADDRESS_DAYS,
  KNOWN_ADDRESSES,
  LOGIN_LOG_LINES,
  PAIR_FORGET_SECONDS,
  PAIR_FREE_FAILURES,
  THROTTLE_FIRST_WAIT_SECONDS,
} = authLimits;

describe("logging in", () => {
  let shop: Identity;
  let customerId: string;
  beforeAll(async () => {
    shop = await new Identity().start();
    customerId = (await shop.call("customers.create", SOMEBODY)).customerId;
  });
  afterAll(() => shop.stop());

  test("gives a token that the published keys verify and that names the customer", async () => {
    const answer = await shop.logIn(SOMEBODY.email, PASSWORD);
    expect(answer).toMatchObject({ tokenType: "Bearer", expiresIn: 900 });
    const keys = createLocalJWKSet(await shop.call("auth.jwks", {}));
    const { payload, protectedHeader } = await jwtVerify(answer.accessToken, keys, {
      issuer: "tradepost",
      algorithms: ["RS256"],
    });
    expect(payload).toEqual({
      iss: "tradepost",
      aud: shop.broker.namespace,
      sub: customerId,
      kind: "customer",
      sid: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    expect(protectedHeader).toEqual({ alg: "RS256", typ: "at+jwt", kid: expect.any(String) });
  });

  test("stores passwords as argon2id at OWASP's cost, and only hashes of refresh tokens", async () => {
    const { refreshToken } = await shop.logIn(SOMEBODY.email, PASSWORD);
    const [credential] = await shop.db("auth").query<{ password_hash: string }>("SELECT password_hash FROM credential");
    expect(credential?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const dump = JSON.stringify(await shop.db("auth").query("SELECT * FROM session"));
    expect(dump).not.toContain(refreshToken.split(".")[1]);
  });

  test("does not show whether email or password was wrong, not even by its duration", async () => {
    const timed = async (email: string) => {
      const begun = performance.now();
      const refused = await shop.logIn(email, "not the password").catch((error) => error);
      return { ms: performance.now() - begun, refused };
    };
    const known = [];
    const unknown = [];
    for (let n = 0; n < 6; n++) {
      known.push(await timed(SOMEBODY.email));
      unknown.push(await timed("nobody@example.com"));
    }
    const answers = [...known, ...unknown].map(({ refused }) => [
      refused.type,
      refused.code,
      refused.message,
      refused.data,
    ]);
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]?.slice(0, 2)).toEqual(["INVALID_CREDENTIALS", 401]);
    const fastest = (runs: { ms: number }[]) => Math.min(...runs.map(({ ms }) => ms));
    expect(fastest(unknown)).toBeGreaterThan(fastest(known) / 2); // without the decoy it would be a twentieth
  });

  test("accepts a password in every Unicode form", async () => {
    await shop.call("customers.create", { ...SOMEBODY, email: "eve@example.com", password: "caf\u00e9 au lait" });
    await shop.logIn("eve@example.com", "cafe\u0301 au lait");
  });

  test("refuses pending credentials, and credentials of the other kind", async () => {
    await shop.asService("auth.addCredential", {
      kind: "customer",
      subjectId: "cust_1",
      email: "pending@example.com",
      password: PASSWORD,
    });
    expect(await outcome(shop.logIn("pending@example.com", PASSWORD))).toBe("INVALID_CREDENTIALS");
    expect(await outcome(shop.call("auth.staffLogin", SOMEBODY_LOGIN))).toBe("INVALID_CREDENTIALS");
  });

  test("adding a credential again does not change an active one", async () => {
    await shop.asService("auth.addCredential", {
      kind: "customer",
      subjectId: customerId,
      email: SOMEBODY.email,
      password: "another one",
    });
    await shop.logIn(SOMEBODY.email, PASSWORD);
  });

  test("accepts a one-time code that is not needed, and refuses unknown properties", async () => {
    await shop.call("auth.login", { ...SOMEBODY_LOGIN, otp: "123456" });
    expect(await outcome(shop.call("auth.login", { ...SOMEBODY_LOGIN, remember: true } as never))).toBe(
      "VALIDATION_FAILED",
    );
    expect(await outcome(shop.logIn("a\u0000b", PASSWORD))).toBe("VALIDATION_FAILED");
  });
});

const SOMEBODY_LOGIN = { email: SOMEBODY.email, password: PASSWORD };

describe("guessing passwords", () => {
  let namespace: string;
  let shop: Identity;
  let hashes: jest.SpiedFunction<typeof PasswordHashes.prototype.verify>;
  beforeAll(async () => {
    namespace = freshNamespace();
    shop = await new Identity({ RATE_LIMIT: "on", NAMESPACE: namespace }).start();
    await shop.call("customers.create", SOMEBODY);
    await shop.call("customers.create", { ...SOMEBODY, email: "bob@example.com" });
    hashes = jest.spyOn(PasswordHashes.prototype, "verify");
  });
  beforeEach(async () => {
    await shop.db("auth").query("DELETE FROM attempt_counter");
    await shop.db("auth").query("DELETE FROM login_address");
    hashes.mockClear();
  });
  afterAll(() => shop.stop());

  /** All counters and reservations are older by some seconds. */
  const pass = (seconds: number) =>
    shop
      .db("auth")
      .query(
        "UPDATE attempt_counter SET counted_at = counted_at - make_interval(secs => $1), last_at = last_at - make_interval(secs => $1)",
        [seconds],
      );
  const guess = (email: string, address: string, n: number | string = 0) =>
    shop.logIn(email, `guess ${n}`, address).then(
      () => ({ type: "none", wait: 0 }),
      (error) => ({ type: String(error.type), wait: Number(error.data?.retryAfterSeconds ?? 0) }),
    );
  const address = (n: number) => `198.51.100.${n}`;

  test("160 at one account from 60 addresses: at most ACCOUNT_FREE_FAILURES reach the hash", async () => {
    const answers = [];
    for (let n = 0; n < 160; n++) answers.push(await guess(SOMEBODY.email, address(n % 60), n));
    expect(hashes).toHaveBeenCalledTimes(ACCOUNT_FREE_FAILURES);
    expect(answers.filter(({ type }) => type === "RATE_LIMITED")).toHaveLength(160 - ACCOUNT_FREE_FAILURES);
  });

  test("100 accounts from one address: at most ADDRESS_FREE_FAILURES reach the hash", async () => {
    for (let n = 0; n < 100; n++) await guess(`nobody-${n}@example.com`, address(1));
    expect(hashes).toHaveBeenCalledTimes(ADDRESS_FREE_FAILURES);
  });

  test.each([
    ["one account from one address", PAIR_FREE_FAILURES, () => "ada@example.com", () => address(1)],
    ["one account from many addresses", ACCOUNT_FREE_FAILURES, () => "ada@example.com", address],
    ["many accounts from one address", ADDRESS_FREE_FAILURES, (n: number) => `a${n}@example.com`, () => address(1)],
  ])("50 at one moment, of %s: at most %i reach the hash", async (_, most, email, from) => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => guess(email(n), from(n), n)));
    expect(hashes).toHaveBeenCalledTimes(most);
  });

  test("through two nodes counts as through one", async () => {
    const other = await new Identity({ RATE_LIMIT: "on", NAMESPACE: namespace }).start();
    try {
      const guesses = Array.from({ length: 50 }, (_, n) =>
        outcome((n % 2 ? other : shop).logIn(SOMEBODY.email, `guess ${n}`, address(n))),
      );
      await Promise.all(guesses);
      expect(hashes).toHaveBeenCalledTimes(ACCOUNT_FREE_FAILURES);
    } finally {
      await other.stop();
    }
  });

  test("counts the addresses of one IPv6 network of 64 bits as one, and an IPv4 address in both notations", async () => {
    for (let n = 0; n < 20; n++) await guess(SOMEBODY.email, `2001:db8:1:2::${n}`, n);
    expect(hashes).toHaveBeenCalledTimes(PAIR_FREE_FAILURES);
    for (let n = 0; n < 20; n++) await guess("bob@example.com", n % 2 ? "192.0.2.77" : "::ffff:192.0.2.77", n);
    expect(hashes).toHaveBeenCalledTimes(2 * PAIR_FREE_FAILURES);
  });

  test("waits twice as long after each failure, up to the longest wait, and refuses the right password meanwhile", async () => {
    for (let n = 0; n < PAIR_FREE_FAILURES; n++) expect((await guess(SOMEBODY.email, address(1), n)).wait).toBe(0);
    const waits = [];
    for (let round = 0; round < 7; round++) {
      const { type, wait } = await guess(SOMEBODY.email, address(1));
      expect(type).toBe("RATE_LIMITED");
      expect(await outcome(shop.logIn(SOMEBODY.email, PASSWORD, address(1)))).toBe("RATE_LIMITED");
      waits.push(wait);
      await pass(wait);
      expect((await guess(SOMEBODY.email, address(1))).type).toBe("INVALID_CREDENTIALS");
    }
    expect(waits.slice(0, 4)).toEqual([30, 60, 120, 240].map((wait) => wait * (THROTTLE_FIRST_WAIT_SECONDS / 30)));
    expect(Math.max(...waits)).toBeLessThanOrEqual(PAIR_FORGET_SECONDS);
    await pass(PAIR_FORGET_SECONDS);
    await shop.logIn(SOMEBODY.email, PASSWORD, address(1));
  });

  test("by strangers does not delay the owner at an address of an earlier login", async () => {
    await shop.logIn(SOMEBODY.email, PASSWORD, address(200));
    for (let n = 0; n < 100; n++) await guess(SOMEBODY.email, address(n), n);
    await shop.logIn(SOMEBODY.email, PASSWORD, address(200));
    for (let n = 0; n < 100; n++) await guess(`nobody-${n}@example.com`, address(200));
    await shop.logIn(SOMEBODY.email, PASSWORD, address(200)); // and not at the same address either
  });

  test("by strangers delays the owner at a new address by a bounded time, however many they are", async () => {
    for (let n = 0; n < ACCOUNT_FREE_FAILURES; n++) await guess(SOMEBODY.email, address(n));
    const first = await shop.logIn(SOMEBODY.email, PASSWORD, address(200)).catch((error) => error);
    expect(first.data.retryAfterSeconds).toBe(THROTTLE_FIRST_WAIT_SECONDS);
    let waited = 0;
    for (let from = 0; waited < ACCOUNT_FORGET_SECONDS; waited += 90) {
      await pass(90);
      for (let n = 0; n < 10; n++) await guess(SOMEBODY.email, address(from++)); // they try all the time
      const owner = await outcome(shop.logIn(SOMEBODY.email, PASSWORD, address(200)));
      if (owner !== "RATE_LIMITED") break;
    }
    expect(waited).toBeGreaterThanOrEqual(90);
    expect(waited).toBeLessThan(ACCOUNT_FORGET_SECONDS);
  });

  test("is limited for staff as well, and apart from the customer with the same email", async () => {
    const account = { email: SOMEBODY.email, password: PASSWORD };
    await shop.asService("users.create", { ...account, name: "Ada", roles: [] });
    for (let n = 0; n < 100; n++)
      await outcome(shop.call("auth.staffLogin", { ...account, password: `guess ${n}` }, { address: address(n) }));
    expect(hashes).toHaveBeenCalledTimes(ACCOUNT_FREE_FAILURES);
    await shop.logIn(SOMEBODY.email, PASSWORD, address(200));
  });

  test("is answered in the same way for accounts that exist and for those that do not", async () => {
    const answers = async (email: string) => {
      await shop.db("auth").query("DELETE FROM attempt_counter");
      const seen = [];
      for (let n = 0; n < 40; n++) seen.push(await guess(email, address(n % 15), n));
      return seen;
    };
    const [unknown, known] = [await answers("nobody@example.com"), await answers(SOMEBODY.email)];
    expect(unknown.map(({ type }) => type)).toEqual(known.map(({ type }) => type));
    // Both runs took some seconds themselves.
    const differences = unknown.map(({ wait }, n) => Math.abs(wait - (known[n]?.wait ?? 0)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(5);
  });

  test("is logged with the address and a name of the account that is not its email, a bounded number of times", async () => {
    const quiet = await new Identity({ RATE_LIMIT: "on", NAMESPACE: namespace }).start(); // it has logged nothing yet
    const write = () => undefined;
    const logged = jest.spyOn(quiet.logger("auth"), "info").mockImplementation(write);
    const warned = jest.spyOn(quiet.logger("auth"), "warn").mockImplementation(write);
    for (let n = 0; n < 100; n++) await outcome(quiet.logIn(SOMEBODY.email, "a guess", address(n)));
    await quiet.stop();
    const lines = [...logged.mock.calls, ...warned.mock.calls].filter(([message]) => /A login/.test(String(message)));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(LOGIN_LOG_LINES);
    for (const [, facts] of lines)
      expect(facts).toMatchObject({ account: expect.stringMatching(/^[\w-]{22}$/), address: expect.any(String) });
    expect(JSON.stringify(lines)).not.toContain(SOMEBODY.email);
  });

  test("does not count right passwords: many at once from one address all log in", async () => {
    const accounts = Array.from({ length: 30 }, (_, n) => `many-${n}@example.com`);
    const registered = accounts.map((email) => shop.asService("customers.create", { ...SOMEBODY, email }));
    await Promise.all(registered);
    for (const one of [accounts, accounts.map(() => "bob@example.com")]) {
      const logins = await Promise.all(one.map((email) => outcome(shop.logIn(email, PASSWORD, address(30)))));
      for (const login of logins) expect(login).toHaveProperty("accessToken");
    }
    const left = await shop.db("auth").query("SELECT count FROM attempt_counter WHERE count > 0");
    expect(left).toEqual([]);
  });

  test("leaves rows that the sweep deletes when they have no effect any more", async () => {
    await guess(SOMEBODY.email, address(1));
    await shop.logIn(SOMEBODY.email, PASSWORD, address(2));
    await deleteForgotten(shop.db("auth"));
    expect(await rows(shop.db("auth"), "attempt_counter")).toBeGreaterThan(0);
    expect(await rows(shop.db("auth"), "login_address")).toBe(1);
    await pass(COUNTER_HOURS * 3_600);
    await shop
      .db("auth")
      .query("UPDATE login_address SET last_login_at = now() - make_interval(days => $1)", [KNOWN_ADDRESS_DAYS]);
    await deleteForgotten(shop.db("auth"));
    expect(await rows(shop.db("auth"), "attempt_counter")).toBe(0);
    expect(await rows(shop.db("auth"), "login_address")).toBe(0);
  });

  test("remembers the addresses of the last KNOWN_ADDRESSES logins only", async () => {
    for (let n = 0; n < KNOWN_ADDRESSES + 2; n++) await shop.logIn(SOMEBODY.email, PASSWORD, address(n));
    expect(await rows(shop.db("auth"), "login_address")).toBe(KNOWN_ADDRESSES);
  });
});

describe("registering", () => {
  test("from one address is limited, also with emails that are taken; not for staff", async () => {
    const shop = await new Identity({ RATE_LIMIT: "on" }).start();
    try {
      const hashes = jest.spyOn(PasswordHashes.prototype, "make");
      const register = (n: number, auth: Auth = { kind: "anonymous" }) =>
        outcome(shop.call("customers.create", { ...SOMEBODY, email: `new-${n % 30}@example.com` }, { auth }));
      const answers = [];
      for (let n = 0; n < FREE_REGISTRATIONS + 10; n++) answers.push(await register(n));
      expect(answers.filter((answer) => typeof answer === "object")).toHaveLength(30);
      expect(answers.filter((answer) => answer === "EMAIL_TAKEN")).toHaveLength(FREE_REGISTRATIONS - 30);
      expect(answers.slice(FREE_REGISTRATIONS)).toEqual(Array(10).fill("RATE_LIMITED"));
      expect(hashes).toHaveBeenCalledTimes(FREE_REGISTRATIONS);
      expect(await register(0, { kind: "staff", staffId: "staff_1", scopes: ["customers:write"] })).toBe("EMAIL_TAKEN");
    } finally {
      await shop.stop();
    }
  });
});
