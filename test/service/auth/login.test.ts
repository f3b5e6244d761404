import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import { LoginFailures } from "#services/identity/auth/steps/login-failures.ts";
import { readUntil } from "#test/support/eventually.ts";
import { redisServer } from "#test/support/servers.ts";
import { Identity, outcome, PASSWORD, SOMEBODY } from "./identity-fixture.ts";

const { LOGIN_FAILURES } = authLimits;

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

describe("too many failed logins", () => {
  let shop: Identity;
  beforeAll(async () => {
    shop = await new Identity({ RATE_LIMIT: "on" }).start();
    await shop.call("customers.create", SOMEBODY);
    await shop.call("customers.create", { ...SOMEBODY, email: "bob@example.com" });
  });
  afterAll(() => shop.stop());

  test("also lock out the right password, but only for that account and address", async () => {
    for (let n = 0; n < LOGIN_FAILURES; n++) {
      expect(await outcome(shop.logIn(SOMEBODY.email, `guess ${n}`))).toBe("INVALID_CREDENTIALS");
    }
    const refused = await shop.logIn(SOMEBODY.email.toUpperCase(), PASSWORD).catch((error) => error);
    expect(refused).toMatchObject({ type: "RATE_LIMITED", code: 429, data: { retryAfterSeconds: expect.any(Number) } });
    expect(refused.data.retryAfterSeconds).toBeGreaterThan(0);
    expect(refused.data.retryAfterSeconds).toBeLessThanOrEqual(authLimits.LOGIN_FAILURE_WINDOW_SECONDS);
    await shop.logIn(SOMEBODY.email, PASSWORD, "192.0.2.2");
    await shop.logIn("bob@example.com", PASSWORD);
  });

  test("are counted when they come at the same moment, too", async () => {
    const address = "192.0.2.9";
    const guesses = Array.from({ length: 40 }, (_, n) => outcome(shop.logIn("bob@example.com", `guess ${n}`, address)));
    const right = outcome(shop.logIn("bob@example.com", PASSWORD, address));
    await Promise.all(guesses);
    expect(await right).toBe("RATE_LIMITED");
  });

  test("are not counted for many logins at once with the right password", async () => {
    const logins = Array.from({ length: 30 }, () => outcome(shop.logIn("bob@example.com", PASSWORD, "192.0.2.30")));
    for (const login of await Promise.all(logins)) expect(login).toHaveProperty("accessToken");
  });
});

describe("counting in Redis", () => {
  const failures = (REDIS_URL: string) => new LoginFailures({ RATE_LIMIT: "on", REDIS_URL, NAMESPACE: "test" });

  const fail = async (counting: LoginFailures, account: string) => {
    for (let n = 0; n < LOGIN_FAILURES; n++) await counting.count(account, "192.0.2.1");
  };
  const check = (counting: LoginFailures, account: string) => outcome(counting.refuseTooMany(account, "192.0.2.1"));

  test("limits all nodes together; during an outage of Redis and after a loss of its data, each node limits by its own count", async () => {
    const redis = await redisServer({ own: true });
    const [one, other] = [failures(redis.url), failures(redis.url)];
    try {
      await readUntil(async () => {
        await one.count("customer:warm", "192.0.2.1");
        await other.count("customer:warm", "192.0.2.1");
        return (await check(other, "customer:warm")) === "RATE_LIMITED"; // both are connected
      }, Boolean);
      await fail(one, "customer:a");
      expect(await check(other, "customer:a")).toBe("RATE_LIMITED");
      expect(await check(other, "customer:b")).toBeUndefined();
      await redis.kill();
      expect(await check(other, "customer:b")).toBeUndefined();
      expect(await check(one, "customer:a")).toBe("RATE_LIMITED");
      await fail(other, "customer:b");
      expect(await check(other, "customer:b")).toBe("RATE_LIMITED");
      await redis.start();
      expect(await check(other, "customer:b")).toBe("RATE_LIMITED");
      expect(await check(one, "customer:a")).toBe("RATE_LIMITED");
    } finally {
      one.close();
      other.close();
      await redis.stop();
    }
  });
});
