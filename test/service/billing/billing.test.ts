import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseEnv } from "#config/env.ts";
import { sellerOf } from "#services/commerce/billing/setup.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { eventually } from "#test/support/eventually.ts";
import { GUEST } from "#test/support/identities.ts";
import { emitAs } from "#test/support/stub-service.ts";
import { type Billing, ben, clerk, startBilling } from "./billing-fixture.ts";

let shop: Billing;

beforeAll(async () => {
  shop = await startBilling({ SHOP_COUNTRY: "GB", SHOP_TAX: "VAT 20", SHOP_IBAN: "GB82 WEST 1234 5698 7654 32" });
});
afterAll(() => shop?.stop());

describe("an invoice", () => {
  test("is issued once for an order that is paid, with what everybody knows of it", async () => {
    const order = shop.order();
    await shop.capture(order, 12_000);
    await shop.capture(order, 12_000); // as another event: a rewind, for example
    const invoice = await shop.invoiceOf(order);
    await shop.settled();
    expect(invoice).toMatchObject({
      orderId: order.orderId,
      number: expect.stringMatching(/^INV-GB-\d{4}-\d{6}$/),
      orderedAt: order.createdAt,
      buyer: { name: "Ann Arbor", email: "ann@example.com", address: order.shippingAddress },
      seller: { name: "Tradepost Demo Shop", taxId: "GB123456789", iban: "GB82WEST12345698765432" },
      lines: [
        { sku: "mug", title: "Mug", quantity: 2, unitPrice: 10, total: 20 },
        { sku: "tent", title: "Tent", quantity: 1, unitPrice: 100, total: 100 },
      ],
      ...{ net: 100, tax: [{ name: "VAT", rate: 20, amount: 20 }], total: 120, currency: "EUR" },
      payments: [{ type: "card", last4: "4242", amount: 120 }],
    });
    const events = await shop.published(order.orderId);
    expect(events).toEqual([
      {
        type: "InvoiceIssued",
        causation_id: expect.stringMatching(/^evt_/),
        data: {
          ...{ invoiceId: invoice.invoiceId, number: invoice.number, orderId: order.orderId, customerId: "cust_ann" },
          ...{ sellerId: "shop", total: 120, net: 100, shipping: 0, currency: "EUR" },
          tax: [{ name: "VAT", rate: 20, amount: 20 }],
        },
      },
    ]);
  });

  test("waits until all of the order is captured", async () => {
    const order = shop.order();
    await shop.capture(order, 5_000);
    await shop.settled();
    await expect(shop.asAnn("billing.invoice", { orderId: order.orderId })).rejects.toMatchObject({
      type: "NOT_FOUND",
    });
    await shop.capture(order, 12_000, 7_000);
    expect(await shop.invoiceOf(order)).toMatchObject({ total: 120 });
  });

  test("of a guest is addressed as the order says, and lists what has paid", async () => {
    const billingAddress = { street: "2 Lane", city: "Berlin", state: "", zipCode: "10115", country: "DE" };
    const order = shop.order({
      ...{ customerId: "guest_1", email: "guest@example.com", billingAddress, taxes: [] },
      tenders: [
        { type: "giftCard", last4: "7K2M", amountMinor: 2_500 },
        { type: "storeCredit", amountMinor: 500 },
      ],
    });
    await shop.capture(order, 12_000);
    const { orderId } = order;
    const guest = shop.as(GUEST, `token of ${orderId}`);
    const invoice = await eventually(() => guest("billing.invoice", { orderId }));
    expect(invoice).toMatchObject({
      number: expect.stringMatching(/^INV-GB-/), // where the goods go
      buyer: { name: "guest@example.com", email: "guest@example.com", address: billingAddress },
      ...{ net: 120, tax: [], total: 120 },
      payments: [
        { type: "giftCard", last4: "7K2M", amount: 25 },
        { type: "storeCredit", amount: 5 },
        { type: "card", last4: "4242", amount: 90 },
      ],
    });
    await expect(shop.as(GUEST, "another token")("billing.invoice", { orderId })).rejects.toMatchObject({
      type: "NOT_FOUND",
    });
    await expect(shop.as(GUEST)("billing.invoice", { orderId })).rejects.toMatchObject({ type: "UNAUTHENTICATED" });
  });

  test("is for its customer and staff only, and is never changed", async () => {
    const order = shop.order();
    await shop.capture(order, 12_000);
    const { orderId } = order;
    const invoice = await shop.invoiceOf(order);
    expect(await shop.as(clerk)("billing.invoice", { orderId })).toEqual(invoice);
    await expect(shop.as(ben)("billing.invoice", { orderId })).rejects.toMatchObject({ type: "NOT_FOUND" });
    for (const statement of ["UPDATE document SET total_minor = 1", "DELETE FROM document", "TRUNCATE document"])
      await expect(shop.db.query(statement)).rejects.toThrow("never changed or deleted");
  });

  test("of many orders is numbered in one row, in the series of each country", async () => {
    const made = Array.from({ length: 30 }, (_, i) => {
      const { shippingAddress } = shop.order();
      return shop.order({ shippingAddress: { ...shippingAddress, country: i % 3 === 0 ? "FR" : "NZ" } });
    });
    await Promise.all(made.map((order) => shop.capture(order, 12_000)));
    const numbers = (await Promise.all(made.map((order) => shop.invoiceOf(order)))).map(({ number }) => number);
    const inRow = (country: string, count: number) =>
      Array.from(
        { length: count },
        (_, i) => `INV-${country}-${new Date().getUTCFullYear()}-${String(i + 1).padStart(6, "0")}`,
      );
    expect(numbers.toSorted()).toEqual([...inRow("FR", 10), ...inRow("NZ", 20)]);
  });

  test("waits for orders that do not answer, and then for nothing", async () => {
    shop.control.ordersAreDown = true;
    const order = shop.order();
    await shop.capture(order, 12_000);
    await eventually(async () => expect(await shop.db.query("SELECT FROM due")).toHaveLength(1));
    await shop.refund(order, 3_000, 3_000);
    await eventually(async () => expect(await shop.db.query("SELECT FROM due")).toHaveLength(2));
    shop.control.ordersAreDown = false;
    await shop.db.query("UPDATE due SET due_at = now()"); // instead of waiting for the lease
    await shop.invoiceOf(order);
    await eventually(async () => {
      await shop.db.query("UPDATE due SET due_at = now()");
      expect(await shop.notesOf(order)).toMatchObject([{ total: 30 }]);
    });
  });

  test("of an order that is not known does not keep others from theirs", async () => {
    const order = shop.order();
    await Promise.all([shop.capture({ ...order, orderId: "ord_unknown" }, 12_000), shop.capture(order, 12_000)]);
    await shop.invoiceOf(order);
    expect(await shop.db.query("SELECT fact ->> 'orderId' AS id FROM due")).toEqual([{ id: "ord_unknown" }]);
    await shop.db.query("DELETE FROM due");
  });
});

describe("a credit note", () => {
  test("is issued for each refund, and all of them contain the tax of the invoice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 6 }), async (cuts) => {
        const total = 1_000;
        const order = shop.order({
          totalMinor: total,
          lines: [{ sku: "mug", title: "Mug", quantity: 1, priceMinor: total }],
          taxes: [{ name: "VAT", rate: 20, amountMinor: 167, included: true }],
        });
        await shop.capture(order, total);
        let refunded = 0;
        for (const end of [...new Set(cuts)].sort((a, b) => a - b).concat(total)) {
          await shop.refund(order, end, end - refunded);
          refunded = end;
        }
        const { number } = await shop.invoiceOf(order);
        const notes = await eventually(async () => {
          const found = await shop.notesOf(order);
          expect(found).toHaveLength(new Set(cuts).size + 1);
          return found;
        });
        const sum = (amounts: number[]) => amounts.reduce((all, amount) => all + Math.round(amount * 100), 0);
        expect(sum(notes.map((note) => note.total))).toBe(total);
        expect(sum(notes.flatMap(({ tax }) => tax.map(({ amount }) => amount)))).toBe(167);
        expect(sum(notes.map(({ net }) => net))).toBe(total - 167);
        expect(new Set(notes.map(({ invoiceNumber }) => invoiceNumber))).toEqual(new Set([number]));
      }),
      { numRuns: 4 },
    );
  });

  test("is there by its number, in its order, and is published", async () => {
    const order = shop.order();
    await shop.capture(order, 12_000);
    await shop.refund(order, 12_000, 12_000, { tenders: [{ type: "storeCredit", amount: 20 }] });
    await shop.invoiceOf(order);
    const [note] = await eventually(async () => {
      const notes = await shop.notesOf(order);
      expect(notes).toHaveLength(1);
      return notes;
    });
    const { orderId } = order;
    const number = note?.number ?? "";
    expect(await shop.asAnn("billing.creditNote", { orderId, number })).toEqual(note);
    expect(note).toMatchObject({
      number: expect.stringMatching(/^CN-GB-/),
      lines: [{ title: "Refund of the whole order", quantity: 1, unitPrice: 120, total: 120 }],
      payments: [
        { type: "storeCredit", amount: 20 },
        { type: "card", last4: "4242", amount: 100 },
      ],
    });
    for (const other of ["CN-GB-2026-999999", "INV-GB-2026-000001", "x"])
      await expect(shop.asAnn("billing.creditNote", { orderId, number: other })).rejects.toMatchObject({
        type: "NOT_FOUND",
      });
    const events = await shop.published(orderId);
    expect(events.map(({ type }) => type)).toEqual(["InvoiceIssued", "CreditNoteIssued"]);
    expect(events[1]?.data).toMatchObject({ number, refundId: note?.refundId, total: 120, net: 100, sellerId: "shop" });
  });

  test("stays when the refund fails, and the next refund pays what it has promised", async () => {
    const order = shop.order();
    await shop.capture(order, 12_000);
    await shop.refund(order, 12_000, 12_000);
    await shop.invoiceOf(order);
    await emitAs(shop.broker, "payments", (tx) =>
      tx.emit(payments.events.PaymentRefundFailed, {
        ...{ paymentId: "pay_1", orderId: order.orderId, customerId: "cust_ann", amount: 120, currency: "EUR" },
        totalRefunded: 0,
      }),
    );
    await shop.refund(order, 12_000, 12_000);
    await shop.settled();
    expect(await shop.notesOf(order)).toMatchObject([{ total: 120 }]);
  });

  test("is not issued for an order without an invoice, and is when that comes later", async () => {
    const order = shop.order();
    await shop.capture(order, 5_000);
    await shop.refund(order, 1_000, 1_000);
    const putOff = "SELECT FROM due WHERE attempts > 0";
    await eventually(async () => expect(await shop.db.query(putOff)).toHaveLength(1));
    await shop.settled();
    expect(await shop.published(order.orderId)).toEqual([]);
    await shop.capture(order, 12_000, 7_000);
    await shop.invoiceOf(order);
    await eventually(async () => expect(await shop.notesOf(order)).toMatchObject([{ total: 10 }]));
  });

  test("that waits for an invoice in vain is given up", async () => {
    const order = shop.order();
    await shop.refund(order, 1_000, 1_000);
    await shop.settled();
    await shop.db.query("UPDATE due SET created_at = now() - interval '61 days', due_at = now()");
    await eventually(async () => expect(await shop.db.query("SELECT FROM due")).toEqual([]));
  });
});

describe("who sells", () => {
  test("has to be said in production, and what is due waits until then", async () => {
    const production = { NODE_ENV: "production", SHOP_NAME: "Shop" };
    expect(sellerOf(parseEnv(production))).toEqual({
      seller: undefined,
      missing: ["SHOP_STREET", "SHOP_CITY", "SHOP_ZIP_CODE"],
    });
    const whole = { ...production, SHOP_STREET: "1 Road", SHOP_CITY: "Leeds", SHOP_ZIP_CODE: "LS1 1AA" };
    expect(sellerOf(parseEnv(whole))).toMatchObject({
      seller: { name: "Shop", address: { state: "", country: "US" } },
    });
    expect(sellerOf(parseEnv({ ...whole, SHOP_TAX: "VAT 20" })).missing).toEqual(["SHOP_TAX_ID"]);
    const unnamed = await startBilling({ SHOP_NAME: "Half a shop" });
    try {
      const order = unnamed.order();
      await unnamed.capture(order, 12_000);
      await eventually(async () => expect(await unnamed.db.query("SELECT FROM due")).toHaveLength(1));
      expect(unnamed.control.asked).toEqual([]);
    } finally {
      await unnamed.stop();
    }
  });
});
