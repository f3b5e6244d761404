import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newId } from "#lib/contract/ids.ts";
import { forgetAttempts } from "#services/commerce/fraud/jobs/forget-attempts.ts";
import { countPaid } from "#services/commerce/fraud/jobs/trust-customers.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { customers } from "#services/identity/customers/contract.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs } from "#test/support/stub-service.ts";
import { ABROAD, type Fraud, startFraud } from "./fraud-fixture.ts";

let fraud: Fraud;
let serial = 0;

beforeAll(async () => {
  fraud = await startFraud();
});
afterAll(() => fraud?.stop());

const somebody = () => `cust_${serial++}`;
/** A place of its own, so that tests do not count each other's attempts. */
const elsewhere = () => ({ street: `${serial++} Road`, city: "Salem", state: "OR", zipCode: "97301", country: "US" });
const rulesOf = ({ reasons }: Awaited<ReturnType<Fraud["assess"]>>) => reasons.map(({ rule }) => rule);
const pm = () => `pm_${newId("order").replace("_", "")}`;

describe("attempts are counted", () => {
  test("by customer, also when they come at once", async () => {
    const customerId = somebody();
    const shippingAddress = elsewhere();
    const all = await Promise.all(Array.from({ length: 30 }, () => fraud.assess({ customerId, shippingAddress })));
    const last = await fraud.assess({ customerId, shippingAddress });
    expect(rulesOf(last)).toEqual(["customer-in-10-minutes", "customer-in-an-hour", "customer-in-a-day"]);
    // Each of them has its own place in the count: four are below five, the next five below ten, and so on.
    const counts = all.map((one) => rulesOf(one).length).sort();
    expect(counts).toEqual([...Array(4).fill(0), ...Array(5).fill(1), ...Array(10).fill(2), ...Array(11).fill(3)]);
  });

  test("on several nodes at once no later attempt misses them", async () => {
    const customerId = somebody();
    const insert = "INSERT INTO attempt (order_id, customer_id) SELECT $1 || n, $2 FROM generate_series(1, 3) n";
    await Promise.all(["a", "b", "c"].map((node) => fraud.db.query(insert, [`${customerId}_${node}`, customerId])));
    const { reasons } = await fraud.assess({ customerId, shippingAddress: elsewhere() });
    expect(reasons[1]?.detail).toBe("Attempt 10 of the customer in an hour");
  });

  test("once for each order", async () => {
    const customerId = somebody();
    const same = { orderId: newId("order"), customerId, shippingAddress: elsewhere() };
    for (let i = 0; i < 6; i++) expect(rulesOf(await fraud.assess(same))).toEqual([]);
  });

  test("in windows of ten minutes, an hour and a day", async () => {
    const customerId = somebody();
    const older = `INSERT INTO attempt (order_id, customer_id, at)
                   SELECT $1 || n || $3, $1, now() - $3::interval FROM generate_series(1, $2::int) n`;
    await fraud.db.query(older, [customerId, 20, "25 hours"]);
    expect(rulesOf(await fraud.assess({ customerId, shippingAddress: elsewhere() }))).toEqual([]);
    await fraud.db.query(older, [customerId, 18, "2 hours"]);
    expect(rulesOf(await fraud.assess({ customerId, shippingAddress: elsewhere() }))).toEqual(["customer-in-a-day"]);
    await fraud.db.query(older, [customerId, 7, "20 minutes"]);
    const rules = rulesOf(await fraud.assess({ customerId, shippingAddress: elsewhere() }));
    expect(rules).toEqual(["customer-in-an-hour", "customer-in-a-day"]);
  });

  test("by different customers with one payment method, in whatever batch they come", async () => {
    const paymentMethodId = pm();
    const by = () => fraud.assess({ customerId: somebody(), paymentMethodId, shippingAddress: elsewhere() });
    const [first, second, third] = await Promise.all([by(), by(), by()]);
    for (const one of [first, second]) expect(rulesOf(one)).toEqual([]);
    expect(rulesOf(third)).toContain("method-of-several-in-an-hour");
    expect(rulesOf(await by())).toEqual(
      expect.arrayContaining(["method-of-several-in-an-hour", "method-of-several-in-a-day"]),
    );
    const customerId = somebody();
    const own = { customerId, paymentMethodId: pm() };
    for (let i = 0; i < 4; i++)
      expect(rulesOf(await fraud.assess({ ...own, shippingAddress: elsewhere() }))).toEqual([]);
  });

  test("by different customers at one address and behind one network address", async () => {
    const [shippingAddress, address] = [elsewhere(), "203.0.113.9"];
    const by = (street: string, from: string) =>
      fraud.assess({ customerId: somebody(), shippingAddress: { ...shippingAddress, street }, address: from });
    for (let i = 0; i < 4; i++) await by(shippingAddress.street, address);
    const rules = rulesOf(await by(shippingAddress.street.toUpperCase(), address));
    expect(rules).toEqual(expect.arrayContaining(["address-of-several-in-an-hour", "client-of-several-in-an-hour"]));
    for (let i = 0; i < 9; i++) await by(`${i} Other Road`, "127.0.0.1");
    expect(rulesOf(await by("9 Other Road", "127.0.0.1"))).toEqual([]);
  });

  test("and kept as hashes that do not say what they are of", async () => {
    const orderId = newId("order");
    await fraud.assess({
      orderId,
      customerId: somebody(),
      shippingAddress: elsewhere(),
      address: "203.0.113.77",
      paymentMethodId: pm(),
    });
    const [row] = await fraud.db.query("SELECT * FROM attempt WHERE order_id = $1", [orderId]);
    expect(row).toMatchObject({
      method_key: expect.any(Number),
      address_key: expect.any(Number),
      client_key: expect.any(Number),
    });
    expect(JSON.stringify(row)).not.toMatch(/203\.0\.113|Road|pm_/);
  });
});

describe("of a customer is known", () => {
  const later = (customerId: string, check: (rules: string[]) => void) =>
    eventually(async () =>
      check(rulesOf(await fraud.assess({ orderId: `ord_${customerId}`, customerId, shippingAddress: ABROAD }))),
    );

  test("which payments were declined lately", async () => {
    const customerId = somebody();
    const orderIds = Array.from({ length: 5 }, () => newId("order"));
    for (const orderId of orderIds) await fraud.assess({ orderId, customerId, shippingAddress: elsewhere() });
    await emitAs(fraud.broker, "payments", (tx) => {
      for (const orderId of orderIds)
        tx.emit(payments.events.PaymentFailed, {
          ...{ paymentId: `pay_${orderId}`, orderId, customerId, amount: 12.5, currency: "USD" },
          ...{ errorCode: "card_declined", errorMessage: "No." },
        });
    });
    await later(customerId, (rules) => expect(rules).toContain("declined-payments"));
  });

  test("whether a bank took money back, and whether the email address is a disposable one", async () => {
    const customerId = somebody();
    await emitAs(fraud.broker, "payments", (tx) =>
      tx.emit(payments.events.DisputeOpened, {
        ...{
          disputeId: "dp_1",
          paymentId: "pay_1",
          orderId: "ord_1",
          customerId,
          amount: 1,
          currency: "USD",
          reason: "fraud",
        },
      }),
    );
    await later(customerId, (rules) => expect(rules).toContain("disputed-before"));
    const named = { customerId, firstName: "Ann", lastName: "Buyer" };
    await emitAs(fraud.broker, "customers", (tx) =>
      tx.emit(customers.events.CustomerCreated, { ...named, email: "ann@Mailinator.com" }),
    );
    await later(customerId, (rules) => expect(rules).toContain("disposable-mail"));
    await emitAs(fraud.broker, "customers", (tx) =>
      tx.emit(customers.events.CustomerUpdated, { customerId, updatedFields: ["email"], email: "ann@example.com" }),
    );
    await later(customerId, (rules) => expect(rules).not.toContain("disposable-mail"));
  });

  test("which orders of a day ago were paid, each once", async () => {
    const [good, bad] = [somebody(), somebody()];
    for (const customerId of [good, good, good, bad]) {
      const orderId = newId("order");
      await fraud.assess({ orderId, customerId, shippingAddress: elsewhere() });
      if (customerId === good) fraud.paid.add(orderId);
    }
    await countPaid(fraud.ctx);
    expect(rulesOf(await fraud.assess({ customerId: good, shippingAddress: elsewhere() }))).toEqual([]);
    await fraud.db.query("UPDATE attempt SET at = at - interval '25 hours' WHERE customer_id = ANY ($1)", [
      [good, bad],
    ]);
    await Promise.all([countPaid(fraud.ctx), countPaid(fraud.ctx)]);
    await countPaid(fraud.ctx);
    const known = "SELECT customer_id, paid_orders FROM customer_record WHERE customer_id = ANY ($1)";
    expect(await fraud.db.query(known, [[good, bad]])).toEqual([{ customer_id: good, paid_orders: 3 }]);
    const rules = rulesOf(await fraud.assess({ customerId: good, shippingAddress: elsewhere() }));
    expect(rules).toEqual(["paid-before", "regular-customer"]);
  });
});

test("what is past its time is forgotten, and nothing else", async () => {
  const [old, young] = [newId("order"), newId("order")];
  const customerId = somebody();
  for (const orderId of [old, young]) await fraud.assess({ orderId, customerId, billingAddress: ABROAD });
  await fraud.db.query("UPDATE attempt SET at = at - interval '91 days' WHERE order_id = $1", [old]);
  await forgetAttempts.run(fraud.ctx);
  const attempts = "SELECT order_id FROM attempt WHERE customer_id = $1";
  expect(await fraud.db.query(attempts, [customerId])).toEqual([{ order_id: young }]);
  expect(await fraud.call("fraud.assessmentOf", { orderId: old })).toMatchObject({ decision: "accept" });
  await fraud.db.query("UPDATE assessment SET at = at - interval '401 days' WHERE order_id = $1", [old]);
  await forgetAttempts.run(fraud.ctx);
  await expect(fraud.call("fraud.assessmentOf", { orderId: old })).rejects.toMatchObject({ type: "NOT_FOUND" });
  expect(await fraud.call("fraud.assessmentOf", { orderId: young })).toMatchObject({ score: expect.any(Number) });
});
