import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { requestHash } from "#lib/sql/idempotency-keys.ts";
import { HOME, Identity, outcome, PASSWORD, rows, SOMEBODY, services } from "#test/service/auth/identity-fixture.ts";
import { readUntil } from "#test/support/eventually.ts";

describe("registering a customer", () => {
  let shop: Identity;
  let count = 0;
  const somebody = () => ({ ...SOMEBODY, email: `somebody-${count++}@example.com` });
  beforeAll(async () => {
    shop = await new Identity().start();
  });
  afterAll(() => shop.stop());

  test("creates an account that can log in at once, with its email in upper or lower case", async () => {
    const { customerId } = await shop.call("customers.create", {
      ...somebody(),
      email: "Grace@Example.com",
      address: HOME,
    });
    expect(customerId).toMatch(/^cust_/);
    await shop.logIn("gRACE@example.COM", PASSWORD);
    const auth = { kind: "customer", customerId } as const;
    const customer = await shop.call("customers.get", { customerId }, { auth });
    expect(customer).toMatchObject({ email: "grace@example.com", phone: null, addresses: [HOME] });
  });

  test("emits CustomerCreated without the password", async () => {
    const request = somebody();
    const { customerId } = await shop.call("customers.create", request);
    const [event] = await shop
      .db("customers")
      .query("SELECT topic, event_type, data FROM outbox WHERE key = $1", [customerId]);
    const { email, firstName, lastName } = request;
    expect(event).toEqual({
      topic: "customer.events",
      event_type: "CustomerCreated",
      data: { customerId, email, firstName, lastName },
    });
  });

  test("succeeds for one of many requests with one email, and only the password of that request logs in", async () => {
    const request = somebody();
    const passwords = Array.from({ length: 12 }, (_, n) => `password number ${n}`);
    const answers = await Promise.all(
      passwords.map((password, n) => {
        const email = n % 2 ? request.email : request.email.toUpperCase();
        return outcome(shop.call("customers.create", { ...request, email, password }));
      }),
    );
    const winners = passwords.filter((_, n) => typeof answers[n] === "object");
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => answer === "EMAIL_TAKEN")).toHaveLength(11);
    const logins = await Promise.all(passwords.map((password) => outcome(shop.logIn(request.email, password))));
    expect(passwords.filter((_, n) => typeof logins[n] === "object")).toEqual(winners);
  });

  test("refuses an email that is taken and leaves the account of its owner unchanged", async () => {
    const request = somebody();
    await shop.call("customers.create", request);
    expect(await outcome(shop.call("customers.create", { ...request, password: "another password" }))).toBe(
      "EMAIL_TAKEN",
    );
    expect(await outcome(shop.logIn(request.email, "another password"))).toBe("INVALID_CREDENTIALS");
    await shop.logIn(request.email, PASSWORD);
  });

  test("registers once when the same request comes many times with one idempotency key", async () => {
    const request = somebody();
    const send = () => outcome(shop.call("customers.create", request, { idempotencyKey: "only-once" }));
    const together = await Promise.all(Array.from({ length: 8 }, send));
    const again = await send();
    const allowed = [again, "IDEMPOTENCY_IN_PROGRESS"];
    for (const answer of together) expect(allowed).toContainEqual(answer);
    expect(again).toEqual({ customerId: expect.stringMatching(/^cust_/) });
  });

  test("does not store the password in the hash of the request", async () => {
    const request = somebody();
    await shop.call("customers.create", request, { idempotencyKey: "secret" });
    const [kept] = await shop
      .db("customers")
      .query<{ request_hash: string }>("SELECT request_hash FROM idempotency_key WHERE key = 'secret'");
    const { password: _, ...rest } = request;
    expect(kept?.request_hash).toBe(requestHash(rest));
  });

  test.each([
    ["a password that is too short", { password: "1234567" }, "/password"],
    ["a password that is too long", { password: "x1".repeat(65) }, "/password"],
    ["a password of one repeated character", { password: "aaaaaaaaaa" }, "/password"],
    ["a password that is the email", { email: "turing@example.com", password: "Turing@example.com" }, "/password"],
    ["one of the most common passwords", { password: "Password1" }, "/password"],
    ["something that is no email", { email: "nobody" }, "/email"],
    ["a blank name", { firstName: "   " }, "/firstName"],
    ["a name with a NUL", { lastName: "a\u0000b" }, "/lastName"],
    ["an unknown property", { admin: true }, "/admin"],
  ])("refuses %s and creates nothing", async (_, change, path) => {
    const before = await rows(shop.db("customers"), "customer");
    const refused = await shop.call("customers.create", { ...somebody(), ...change }).catch((error) => error);
    expect(refused).toMatchObject({ type: "VALIDATION_FAILED", code: 422, data: { errors: [{ path }] } });
    expect(await rows(shop.db("customers"), "customer")).toBe(before);
  });
});

describe("registering during an outage of auth", () => {
  test("creates nothing when the password cannot be stored", async () => {
    const shop = await new Identity({}, [services.customers]).start();
    try {
      expect(await outcome(shop.call("customers.create", SOMEBODY))).toBe("SERVICE_NOT_FOUND");
      expect(await rows(shop.db("customers"), "customer")).toBe(0);
      expect(await rows(shop.db("customers"), "outbox")).toBe(0);
    } finally {
      await shop.stop();
    }
  });

  test("lets the event activate a credential that could not be activated directly", async () => {
    const activateCredential = { handler: () => Promise.reject(new Error("lost on the way")) };
    const auth = { ...services.auth, actions: { ...services.auth.actions, activateCredential } };
    const shop = await new Identity({}, [auth, services.customers]).start();
    try {
      await shop.call("customers.create", SOMEBODY);
      const canLogIn = async () => typeof (await outcome(shop.logIn(SOMEBODY.email, PASSWORD))) === "object";
      expect(await readUntil(canLogIn, Boolean)).toBe(true);
    } finally {
      await shop.stop();
    }
  });
});
