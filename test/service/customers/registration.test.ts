import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { requestHash } from "#lib/sql/idempotency-keys.ts";
import { HOME, Identity, outcome, PASSWORD, rows, SOMEBODY, services } from "#test/service/auth/identity-fixture.ts";
import { readUntil } from "#test/support/eventually.ts";

describe("registering a customer", () => {
  let shop: Identity;
  let place = 0;
  const somebody = () => ({ ...SOMEBODY, email: `somebody-${place++}@example.com` });
  beforeAll(async () => {
    shop = await new Identity().start();
  });
  afterAll(() => shop.stop());

  test("opens an account that its email, in any case, and its password open at once", async () => {
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
    const wanted = somebody();
    const { customerId } = await shop.call("customers.create", wanted);
    const [event] = await shop
      .db("customers")
      .query("SELECT topic, event_type, data FROM outbox WHERE key = $1", [customerId]);
    const { email, firstName, lastName } = wanted;
    expect(event).toEqual({
      topic: "customer.events",
      event_type: "CustomerCreated",
      data: { customerId, email, firstName, lastName },
    });
  });

  test("of many at one moment for one email, one wins, and only its password logs in", async () => {
    const wanted = somebody();
    const passwords = Array.from({ length: 12 }, (_, n) => `password number ${n}`);
    const answers = await Promise.all(
      passwords.map((password, n) => {
        const email = n % 2 ? wanted.email : wanted.email.toUpperCase();
        return outcome(shop.call("customers.create", { ...wanted, email, password }));
      }),
    );
    const winners = passwords.filter((_, n) => typeof answers[n] === "object");
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => answer === "EMAIL_TAKEN")).toHaveLength(11);
    const logins = await Promise.all(passwords.map((password) => outcome(shop.logIn(wanted.email, password))));
    expect(passwords.filter((_, n) => typeof logins[n] === "object")).toEqual(winners);
  });

  test("an email that is taken stays with whoever has it", async () => {
    const wanted = somebody();
    await shop.call("customers.create", wanted);
    expect(await outcome(shop.call("customers.create", { ...wanted, password: "another password" }))).toBe(
      "EMAIL_TAKEN",
    );
    expect(await outcome(shop.logIn(wanted.email, "another password"))).toBe("INVALID_CREDENTIALS");
    await shop.logIn(wanted.email, PASSWORD);
  });

  test("the same request under one key, all at once and again, registers once", async () => {
    const wanted = somebody();
    const send = () => outcome(shop.call("customers.create", wanted, { idempotencyKey: "only-once" }));
    const together = await Promise.all(Array.from({ length: 8 }, send));
    const again = await send();
    const allowed = [again, "IDEMPOTENCY_IN_PROGRESS"];
    for (const answer of together) expect(allowed).toContainEqual(answer);
    expect(again).toEqual({ customerId: expect.stringMatching(/^cust_/) });
  });

  test("what is kept of a request says nothing of its password", async () => {
    const wanted = somebody();
    await shop.call("customers.create", wanted, { idempotencyKey: "secret" });
    const [kept] = await shop
      .db("customers")
      .query<{ request_hash: string }>("SELECT request_hash FROM idempotency_key WHERE key = 'secret'");
    const { password: _, ...rest } = wanted;
    expect(kept?.request_hash).toBe(requestHash(rest));
  });

  test.each([
    ["too short", { password: "1234567" }, "/password"],
    ["too long", { password: "x1".repeat(65) }, "/password"],
    ["one character over and over", { password: "aaaaaaaaaa" }, "/password"],
    ["the email", { email: "turing@example.com", password: "Turing@example.com" }, "/password"],
    ["no email", { email: "nobody" }, "/email"],
    ["a blank name", { firstName: "   " }, "/firstName"],
    ["a name Postgres cannot keep", { lastName: "a\u0000b" }, "/lastName"],
    ["something unknown", { admin: true }, "/admin"],
  ])("refuses %s and creates nothing", async (_, change, path) => {
    const before = await rows(shop.db("customers"), "customer");
    const refused = await shop.call("customers.create", { ...somebody(), ...change }).catch((error) => error);
    expect(refused).toMatchObject({ type: "VALIDATION_FAILED", code: 422, data: { errors: [{ path }] } });
    expect(await rows(shop.db("customers"), "customer")).toBe(before);
  });
});

describe("registering while part of identity fails", () => {
  test("nothing is created when the password cannot be kept", async () => {
    const shop = await new Identity({}, [services.customers]).start();
    try {
      expect(await outcome(shop.call("customers.create", SOMEBODY))).toBe("SERVICE_NOT_FOUND");
      expect(await rows(shop.db("customers"), "customer")).toBe(0);
      expect(await rows(shop.db("customers"), "outbox")).toBe(0);
    } finally {
      await shop.stop();
    }
  });

  test("the event activates a credential that could not be activated directly", async () => {
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
