import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, staff } from "./payments-harness.ts";
import {
  newCustomerId,
  placed,
  type SavedMethodsHarness,
  savedMethod,
  savedMethodsHarness,
  tablesWith,
} from "./saved-methods-fixture.ts";

let harness: SavedMethodsHarness;

beforeAll(async () => {
  harness = await savedMethodsHarness();
});
afterEach(() => {
  harness.failing.clear();
  harness.losing.clear();
});
afterAll(() => harness.stop());

const declined = async (customerId: string, method: string) => {
  const order = await placed(harness, customerId, method);
  const [failed] = await harness.awaitEvents(order, "PaymentFailed");
  expect(failed?.data).toMatchObject({ errorCode: "invalid_payment_method" });
  expect(await harness.charges(order)).toEqual([]);
};

test("a method is set up, listed, paid with, and forgotten", async () => {
  const customerId = newCustomerId();
  const setup = await harness.setUp(customerId);
  expect(setup).toEqual({
    setupId: expect.stringMatching(/^psetup_/),
    clientSecret: expect.stringMatching(/_secret_/),
  });
  const methods = await harness.list(customerId);
  expect(methods).toEqual([
    {
      paymentMethodId: expect.stringMatching(/^pmeth_/),
      ...{ type: "card", provider: "test", brand: "visa", last4: "4242", expiresMonth: 12, expiresYear: 2040 },
      createdAt: expect.any(String),
    },
  ]);
  const paymentMethodId = methods[0]?.paymentMethodId ?? "";
  const get = (id: string) =>
    harness.call("payments.getMethod", { customerId: id, paymentMethodId }, staff).catch(({ type }) => type);
  expect(await get(customerId)).toEqual(methods[0]);
  expect(await get(newCustomerId())).toBe("NOT_FOUND");

  const order = await placed(harness, customerId, paymentMethodId);
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.paymentOf(order)).toMatchObject({ paymentMethod: { type: "card", last4: "4242" } });
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 3_000 }]);

  await harness.remove(customerId, paymentMethodId);
  expect(await harness.list(customerId)).toEqual([]);
  expect(await harness.tokensOf(customerId)).toMatchObject([{ forgotten: true }]);
  await expect(harness.remove(customerId, paymentMethodId)).rejects.toMatchObject({ type: "NOT_FOUND" });
  await declined(customerId, paymentMethodId);
});

test("the token is nowhere but with the provider", async () => {
  const customerId = newCustomerId();
  const method = await savedMethod(harness, customerId);
  const order = await placed(harness, customerId, method);
  await harness.awaitEvents(order, "PaymentAuthorized");
  const [{ token } = { token: "" }] = await harness.tokensOf(customerId);
  expect(token).toMatch(/^test_pm_/);
  expect(await tablesWith(harness.db, token)).toEqual([]);
  expect(await tablesWith(harness.books, token)).toEqual(["saved_card"]);
});

test("a provider that repeats the token in its errors does not make it known", async () => {
  const customerId = newCustomerId();
  const method = await savedMethod(harness, customerId);
  const [{ token } = { token: "" }] = await harness.tokensOf(customerId);
  harness.failing.set("authorize", `There is something with ${token}.`);
  const order = await placed(harness, customerId, method);
  await expect(harness.authorize(order, method)).rejects.toMatchObject({ type: "PROVIDER_UNAVAILABLE" });
  const errors = await harness.db.query(
    "SELECT last_error FROM operation JOIN payment USING (payment_id) WHERE order_id = $1",
    [order.orderId],
  );
  expect(errors).toEqual([{ last_error: "Error: There is something with [token]." }]);
  harness.failing.clear();
  await harness.awaitEvents(order, "PaymentAuthorized");
  harness.failing.set("forget", `No such method: ${token}`);
  const refused = await harness.remove(customerId, method).catch((error: unknown) => error);
  expect(refused).toMatchObject({ type: "PROVIDER_UNAVAILABLE", code: 503 });
  expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain(token);
});

test("another customer's method, and one that does not exist, are declined", async () => {
  const method = await savedMethod(harness, newCustomerId());
  await declined(newCustomerId(), method);
  await declined(newCustomerId(), "pmeth_01h455vb4pex5vsknk084sn02q");
});

test("a method whose row was given to another customer is declined", async () => {
  const [owner, thief] = [newCustomerId(), newCustomerId()];
  const method = await savedMethod(harness, owner);
  await harness.db.query("UPDATE saved_method SET customer_id = $2 WHERE payment_method_id = $1", [method, thief]);
  await declined(thief, method);
});

test("others' methods cannot be seen, and guests have none", async () => {
  const customerId = newCustomerId();
  const paymentMethodId = await savedMethod(harness, customerId);
  const stranger = customer(newCustomerId());
  const guest = { kind: "anonymous" } as const;
  for (const [auth, type] of [
    [stranger, "NOT_FOUND"],
    [guest, "UNAUTHENTICATED"],
  ] as const) {
    await expect(harness.call("payments.listMethods", { customerId }, auth)).rejects.toMatchObject({ type });
    await expect(harness.call("payments.getMethod", { customerId, paymentMethodId }, auth)).rejects.toMatchObject({
      type,
    });
    await expect(harness.call("payments.setUpMethod", { customerId }, auth)).rejects.toMatchObject({ type });
    await expect(harness.call("payments.deleteMethod", { customerId, paymentMethodId }, auth)).rejects.toMatchObject({
      type,
    });
  }
});

test("the end of a setup may be told any number of times, at once, and after the method was deleted", async () => {
  const customerId = newCustomerId();
  const { setupId } = await harness.setUp(customerId);
  const reference = `test_seti_${setupId}`;
  await Promise.all([...Array.from({ length: 8 }, () => harness.tell(reference)), harness.list(customerId)]);
  const [method, ...more] = await harness.list(customerId);
  expect(more).toEqual([]);
  await harness.remove(customerId, method?.paymentMethodId ?? "");
  await harness.tell(reference);
  expect(await harness.list(customerId)).toEqual([]);
  await harness.tell("test_seti_of_another_shop");
});

test("a setup whose answer was lost is continued by the same key, and its card is saved once", async () => {
  const customerId = newCustomerId();
  harness.failing.set("setUp", "away");
  await expect(harness.setUp(customerId, "k1")).rejects.toMatchObject({ type: "PROVIDER_UNAVAILABLE", code: 503 });
  await expect(harness.setUp(customerId, "k1")).rejects.toMatchObject({ type: "PROVIDER_UNAVAILABLE" });
  harness.failing.clear();
  const begun = await harness.setUp(customerId, "k1");
  expect(await harness.setUp(customerId, "k1")).toEqual(begun);
  expect(await harness.db.query("SELECT setup_id FROM method_setup WHERE customer_id = $1", [customerId])).toEqual([
    { setup_id: begun.setupId },
  ]);
  expect(await harness.list(customerId)).toHaveLength(1);
  const other = newCustomerId();
  await harness.call("payments.setUpMethod", { customerId: other }, staff, "k2");
  await expect(harness.call("payments.setUpMethod", { customerId }, staff, "k2")).rejects.toMatchObject({
    type: "IDEMPOTENCY_KEY_REUSED",
  });
});

test("a key that has expired begins a new setup", async () => {
  const customerId = newCustomerId();
  const first = await harness.setUp(customerId, "k1");
  await harness.db.query("UPDATE method_setup SET created_at = now() - interval '25 hours' WHERE setup_id = $1", [
    first.setupId,
  ]);
  await harness.db.query("UPDATE idempotency_key SET expires_at = now() - interval '1 hour' WHERE caller = $1", [
    `customer:${customerId}`,
  ]);
  expect((await harness.setUp(customerId, "k1")).setupId).not.toBe(first.setupId);
});

test("a list shows what is saved while the provider is away, and the rest when it is back", async () => {
  const customerId = newCustomerId();
  const method = await savedMethod(harness, customerId);
  await harness.setUp(customerId);
  harness.failing.set("result", "away");
  expect(await harness.list(customerId)).toMatchObject([{ paymentMethodId: method }]);
  harness.failing.clear();
  const methods = await harness.list(customerId);
  expect(methods).toHaveLength(2);
  expect(methods[1]?.paymentMethodId).toBe(method); // the newest first
});

test("a list asks about a bounded number of setups, each in its turn, and not about old ones", async () => {
  const customerId = newCustomerId();
  const { SETUPS_LOOKED_UP, SETUP_HOURS } = paymentLimits;
  const open = SETUPS_LOOKED_UP + 3;
  for (let at = 0; at < open; at++) await harness.setUp(customerId);
  await harness.books.query("UPDATE saved_card SET forgotten = true WHERE customer_id = $1", [
    `test_cus_${customerId}`,
  ]);
  await harness.db.query(
    "UPDATE method_setup SET created_at = created_at - make_interval(hours => $2) WHERE setup_id = (SELECT min(setup_id) FROM method_setup WHERE customer_id = $1)",
    [customerId, SETUP_HOURS],
  );
  const countedList = async () => {
    harness.asked.delete("result");
    await harness.list(customerId);
    return harness.asked.get("result");
  };
  expect(await countedList()).toBe(SETUPS_LOOKED_UP);
  expect(await countedList()).toBe(SETUPS_LOOKED_UP);
  const looked = await harness.db.query<{ count: number }>(
    "SELECT count(*) AS count FROM method_setup WHERE customer_id = $1 AND looked_at IS NOT NULL",
    [customerId],
  );
  expect(looked).toEqual([{ count: open - 1 }]);
});

test("a customer has a bounded number of methods and setups, also when requests come at once", async () => {
  const customerId = newCustomerId();
  const most = paymentLimits.METHODS_PER_CUSTOMER;
  await harness.db.query(
    `INSERT INTO method_setup (setup_id, customer_id, provider) SELECT 'filler ' || $1 || n, $1, 'test' FROM generate_series(1, $2) n`,
    [customerId, most - 2],
  );
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => harness.setUp(customerId)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ type: "LIMIT_REACHED" });
  }
});

test("a method for which there is no room is forgotten at the provider", async () => {
  const customerId = newCustomerId();
  const method = await savedMethod(harness, customerId);
  await harness.setUp(customerId);
  await harness.db.query(
    `INSERT INTO saved_method (payment_method_id, customer_id, provider, setup_id, token, key_id, customer_reference, brand, last4, expires_month, expires_year)
     SELECT 'filler ' || $1 || n, customer_id, provider, 'filler ' || $1 || n, token, key_id, customer_reference, brand, last4, expires_month, expires_year
     FROM saved_method, generate_series(1, $2) n WHERE payment_method_id = $1`,
    [method, paymentLimits.METHODS_PER_CUSTOMER - 1],
  );
  expect(await harness.list(customerId)).toHaveLength(paymentLimits.METHODS_PER_CUSTOMER);
  expect(await harness.tokensOf(customerId)).toMatchObject([{ forgotten: false }, { forgotten: true }]);
});

test("a provider that is not configured saves nothing", async () => {
  const customerId = newCustomerId();
  const asked = harness.call("payments.setUpMethod", { customerId, provider: "paypal" }, customer(customerId));
  await expect(asked).rejects.toMatchObject({ type: "NOT_SUPPORTED" });
});

test("a payment whose answer was lost is found, although its method was deleted since", async () => {
  const customerId = newCustomerId();
  const method = await savedMethod(harness, customerId);
  harness.losing.add("authorize");
  harness.failing.set("find", "away");
  const order = await placed(harness, customerId, method);
  await eventually(async () => expect(await harness.charges(order)).toHaveLength(1));
  await harness.remove(customerId, method);
  harness.losing.clear();
  harness.failing.clear();
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 3_000 }]);
});

test("a payment that never reached the provider is declined when its method was deleted since", async () => {
  const customerId = newCustomerId();
  const method = await savedMethod(harness, customerId);
  harness.failing.set("authorize", "away");
  harness.asked.set("find", 0);
  const order = await placed(harness, customerId, method);
  await eventually(async () => expect(harness.asked.get("find")).toBeGreaterThan(0));
  await harness.remove(customerId, method);
  await harness.awaitEvents(order, "PaymentFailed");
  expect(await harness.charges(order)).toEqual([]);
});
