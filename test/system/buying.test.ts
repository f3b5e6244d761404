import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ADDRESS, Client, type Goods, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually, readUntil } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";
import { type SpanCollector, startSpanCollector } from "#test/support/span-collector.ts";

const WAIT = { prefer: "wait=10" };
const START_MS = 60_000;

describe.each(MODES)("buying from %s", (mode) => {
  let collector: SpanCollector;
  let shop: Shop;
  let staff: Client;
  let buyer: Client;

  beforeAll(async () => {
    collector = await startSpanCollector();
    shop = await startShop(mode, { TRACE_COLLECTOR: collector.url });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
  }, START_MS);

  afterAll(async () => {
    await shop?.stop();
    await collector?.stop();
  }, START_MS);

  const available = async (sku: string) => (await buyer.get(`/inventory/${sku}`)).body.available;

  test("an order goes from a click to paid, and every service agrees on it", async () => {
    const goods = await newGoods(staff, 5, 19.99);
    const placed = await buyer.post("/orders", orderOf(buyer, goods, 2), WAIT);
    expect(placed).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 39.98, currency: "USD" } });
    const { orderId } = placed.body;

    const order = await buyer.get(`/orders/${orderId}?expand=customer,payment`);
    expect(order.body).toMatchObject({
      orderId,
      customerId: buyer.customerId,
      status: "paid",
      paymentStatus: "paid",
      items: [{ sku: goods.sku, quantity: 2, price: 19.99 }],
      customer: { customerId: buyer.customerId },
      payment: { orderId, status: "captured", amount: 39.98, paymentMethod: { type: "card", last4: "4242" } },
    });
    const stock = await readUntil(
      () => staff.get(`/inventory/${goods.sku}`),
      ({ body }) => body.warehouses[0].reserved === 0,
    );
    expect(stock.body).toMatchObject({ available: 3, warehouses: [{ onHand: 3, reserved: 0 }] });
    const timeline = await buyer.get(`/orders/${orderId}/timeline`);
    const statuses = timeline.body.steps.map((step: { toStatus: string }) => step.toStatus);
    expect([...new Set(statuses)]).toEqual(["pending_payment", "confirmed", "paid"]);
    expect(
      timeline.body.steps.every(
        (step: { correlationId: string }) => step.correlationId === placed.headers.get("x-request-id"),
      ),
    ).toBe(true);
  });

  test("an order is one trace, from the client's own span through every service that takes part", async () => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const clientSpan = "00f067aa0ba902b7";
    const goods = await newGoods(staff, 5);
    const traceparent = `00-${traceId}-${clientSpan}-01`;
    const placed = await buyer.post("/orders", orderOf(buyer, goods), { ...WAIT, traceparent });
    expect(placed).toMatchObject({ status: 201, body: { status: "paid" } });
    const names = () => collector.ofTrace(traceId).map(({ name }) => name);
    const expected = [
      "POST /api/v1/orders",
      "action 'orders.create'",
      "inventory on OrderCreated",
      "payments on InventoryReserved",
      "orders on PaymentAuthorized",
      "payments on OrderStatusChanged",
      "orders on PaymentCompleted",
    ];
    await eventually(() => expect(names()).toEqual(expect.arrayContaining(expected)));
    const spans = collector.ofTrace(traceId);
    const ids = new Set(spans.map(({ id }) => id));
    expect(spans.filter(({ parentId = "" }) => parentId !== clientSpan && !ids.has(parentId))).toEqual([]);
    // A collector refuses a whole batch because of one id that is not hexadecimal.
    expect(collector.spans.filter(({ traceId }) => !/^[0-9a-f]{16}$/.test(traceId))).toEqual([]);
    const secrets = JSON.stringify(collector.spans).match(/admin-password-1|Market Street/g);
    expect(secrets).toBeNull(); // parameters are not exported
  });

  test("without Prefer the answer comes at once and the order settles by itself", async () => {
    const goods = await newGoods(staff, 5);
    const placed = await buyer.post("/orders", orderOf(buyer, goods));
    expect(placed).toMatchObject({ status: 201, body: { status: "pending_payment", totalAmount: 20 } });
    const order = await readUntil(
      () => buyer.get(`/orders/${placed.body.orderId}`),
      ({ body }) => body.status === "paid",
    );
    expect(order.body.status).toBe("paid");
  });

  test("a declined card cancels the order and gives the stock back", async () => {
    const goods = await newGoods(staff, 1);
    const placed = await buyer.post(
      "/orders",
      orderOf(buyer, goods, 1, "pm_card_chargeDeclinedInsufficientFunds"),
      WAIT,
    );
    expect(placed).toMatchObject({ status: 201, body: { status: "cancelled" } });
    expect(
      await readUntil(
        () => available(goods.sku),
        (left) => left === 1,
      ),
    ).toBe(1);
    const order = await buyer.get(`/orders/${placed.body.orderId}`);
    expect(order.body).toMatchObject({ status: "cancelled", paymentStatus: "failed" });
    expect(order.body.reason).toContain("insufficient_funds");
  });

  test("cancelling a paid order refunds the money and restocks the goods, once", async () => {
    const goods = await newGoods(staff, 3);
    const { body } = await buyer.post("/orders", orderOf(buyer, goods, 3), WAIT);
    const first = await buyer.post(`/orders/${body.orderId}/cancel`, { reason: "changed my mind" });
    const second = await buyer.post(`/orders/${body.orderId}/cancel`, {});
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual({ orderId: body.orderId, status: "cancelled" });
    const order = await readUntil(
      () => buyer.get(`/orders/${body.orderId}?expand=payment`),
      (read) => read.body.paymentStatus === "refunded",
    );
    expect(order.body).toMatchObject({
      status: "cancelled",
      paymentStatus: "refunded",
      payment: { refundedAmount: 60 },
    });
    expect(
      await readUntil(
        () => available(goods.sku),
        (left) => left === 3,
      ),
    ).toBe(3);
  });

  test("an order cancelled at once ends with nothing held", async () => {
    const goods = await newGoods(staff, 40);
    const placed = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { body } = await buyer.post("/orders", orderOf(buyer, goods));
        await buyer.post(`/orders/${body.orderId}/cancel`, {});
        return body.orderId as string;
      }),
    );
    expect(
      await readUntil(
        () => available(goods.sku),
        (left) => left === 40,
      ),
    ).toBe(40);
    for (const orderId of placed) {
      const held = (status: string | undefined) =>
        status !== undefined && ["authorizing", "authorized", "capturing", "captured", "voiding"].includes(status);
      const { body } = await readUntil(
        () => buyer.get(`/orders/${orderId}?expand=payment`),
        (read) => !held(read.body.payment?.status),
      );
      expect(held(body.payment?.status)).toBe(false);
    }
  });

  test("the same key and body give the same order; another body is refused", async () => {
    const goods = await newGoods(staff, 10);
    const key = { "idempotency-key": crypto.randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => buyer.post("/orders", orderOf(buyer, goods), key)),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(made.map(({ body }) => body.orderId)).size).toBe(1);
    const again = await buyer.post("/orders", orderOf(buyer, goods), key);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.body.orderId).toBe(made[0]?.body.orderId);
    expect((await buyer.post("/orders", orderOf(buyer, goods, 2), key)).body.code).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  test("a price the customer was not shown, or stock that is not there, creates nothing", async () => {
    const goods = await newGoods(staff, 1);
    const before = (await buyer.get(`/customers/${buyer.customerId}/orders`)).body.pagination.total;
    const dearer = await buyer.post("/orders", orderOf(buyer, { ...goods, price: 19 }));
    expect(dearer).toMatchObject({ status: 409, body: { code: "PRICE_CHANGED" } });
    expect(JSON.stringify(dearer.body)).toContain("20");
    expect(await buyer.post("/orders", orderOf(buyer, goods, 2))).toMatchObject({
      status: 409,
      body: { code: "OUT_OF_STOCK" },
    });
    expect((await buyer.get(`/customers/${buyer.customerId}/orders`)).body.pagination.total).toBe(before);
  });

  test("of a stock of 20, 60 simultaneous buyers get exactly 20", async () => {
    const goods = await newGoods(staff, 20);
    // Whoever is turned away because the shop has too much to do asks again, as clients do.
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) =>
        readUntil(
          () => buyer.post("/orders", orderOf(buyer, goods), { ...WAIT, "idempotency-key": `${goods.sku}-${at}` }),
          ({ status }) => status !== 503,
        ),
      ),
    );
    const statuses = await Promise.all(
      answers.map(async ({ status, body }) => {
        if (status !== 201) return body.code;
        const order = await readUntil(
          () => buyer.get(`/orders/${body.orderId}`),
          (read) => ["paid", "cancelled"].includes(read.body.status),
        );
        return order.body.status;
      }),
    );
    expect(statuses.filter((status) => status === "paid")).toHaveLength(20);
    expect(statuses.filter((status) => !["paid", "cancelled", "OUT_OF_STOCK"].includes(status))).toEqual([]);
    expect(
      await readUntil(
        () => available(goods.sku),
        (left) => left === 0,
      ),
    ).toBe(0);
  });

  test("a cart becomes an order, and the same cart the same order", async () => {
    const goods = await newGoods(staff, 5, 12.5);
    const cart = await buyer.post("/carts", {});
    expect(cart.status).toBe(201);
    await buyer.post(`/carts/${cart.body.cartId}/items`, { productId: goods.productId, quantity: 2 });
    const checkout = { cartId: cart.body.cartId, shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" };
    const first = await buyer.post("/checkout", checkout, WAIT);
    expect(first).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 25 } });
    const second = await buyer.post("/checkout", checkout, WAIT);
    expect(second.body.orderId).toBe(first.body.orderId);
  });

  const filledCart = async (client: Client, goods: Goods, quantity = 1) => {
    const { body } = await client.post("/carts", {});
    const headers: Record<string, string> = body.cartToken ? { "x-cart-token": body.cartToken } : {};
    const filled = await client.post(`/carts/${body.cartId}/items`, { productId: goods.productId, quantity }, headers);
    const [{ itemId }] = filled.body.items;
    const request = { cartId: body.cartId as string, shippingAddress: ADDRESS, paymentMethodId: "pm_card_visa" };
    return { request, path: `/carts/${body.cartId}`, itemId: itemId as string, headers };
  };

  test("a change of a cart during its checkout is in the order, or refused", async () => {
    const goods = await newGoods(staff, 1_000);
    const outcomes = new Set<number>();
    for (let attempt = 0; attempt < 30; attempt++) {
      const { request, path, itemId } = await filledCart(buyer, goods);
      const placing = buyer.post("/checkout", request);
      await new Promise((resolve) => setTimeout(resolve, attempt / 2));
      const edited = await buyer.patch(`${path}/items/${itemId}`, { quantity: 2 });
      const placed = await placing;
      expect([200, 409]).toContain(edited.status);
      expect(placed.status).toBe(201);
      const [line] = (await buyer.get(`/orders/${placed.body.orderId}`)).body.items;
      expect(line.quantity).toBe(edited.status === 200 ? 2 : 1);
      outcomes.add(edited.status);
    }
    expect(outcomes).toContain(409);
  });

  test("a cart whose card was declined can be changed and bought with another card, as a new order", async () => {
    const goods = await newGoods(staff, 5);
    const { request, path, itemId } = await filledCart(buyer, goods);
    const declined = await buyer.post("/checkout", { ...request, paymentMethodId: "pm_card_chargeDeclined" }, WAIT);
    expect(declined).toMatchObject({ status: 201, body: { status: "cancelled" } });
    expect((await buyer.get(path)).body).not.toHaveProperty("orderId");
    expect((await buyer.patch(`${path}/items/${itemId}`, { quantity: 2 })).status).toBe(200);
    const bought = await buyer.post("/checkout", request, WAIT);
    expect(bought).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 40 } });
    const { orderId } = bought.body;
    expect(orderId).not.toBe(declined.body.orderId);

    expect((await buyer.post("/checkout", request)).body).toMatchObject({ orderId, status: "paid" });
    const refused = { status: 409, body: { code: "CART_CHECKED_OUT", orderId } };
    const elsewhere = { ...request, shippingAddress: { ...ADDRESS, city: "Oakland" } };
    expect(await buyer.post("/checkout", elsewhere)).toMatchObject(refused);
    expect(await buyer.post("/checkout", { ...request, paymentMethodId: "pm_card_mastercard" })).toMatchObject(refused);
    expect(await buyer.patch(`${path}/items/${itemId}`, { quantity: 3 })).toMatchObject(refused);
    expect((await buyer.get(path)).body).toMatchObject({ orderId, items: [{ quantity: 2 }] });
  });

  test("a guest buys with an email, and sees and cancels the order with its token", async () => {
    const goods = await newGoods(staff, 5);
    const guest = new Client(shop);
    const { request, headers } = await filledCart(guest, goods);
    const order = { ...request, email: "guest@example.com" };
    expect(await guest.post("/checkout", request, headers)).toMatchObject({
      status: 422,
      body: { errors: [{ path: "/email" }] },
    });
    expect((await guest.post("/checkout", order)).status).toBe(401);
    const drone = await guest.post("/checkout", { ...order, shippingMethod: "drone" }, headers);
    expect(drone).toMatchObject({ status: 422, body: { errors: [{ path: "/shippingMethod" }] } });
    expect(JSON.stringify(drone.body.errors)).toContain("standard");

    const placed = await guest.post("/checkout", order, { ...headers, ...WAIT });
    expect(placed).toMatchObject({ status: 201, body: { status: "paid", totalAmount: 20 } });
    const { orderId, orderToken } = placed.body;
    expect((await guest.post("/checkout", order, headers)).body).toMatchObject({ orderId, orderToken });
    const token = { "x-order-token": orderToken };
    const path = `/orders/${orderId}`;
    expect(await guest.get(path, token)).toMatchObject({ status: 200, body: { orderId, email: "guest@example.com" } });
    const { payment, customer } = (await guest.get(`${path}?expand=payment,customer`, token)).body;
    expect([payment, customer]).toMatchObject([{ orderId, status: "captured" }, null]);
    expect(await guest.get(`/payments/${payment.paymentId}`, token)).toMatchObject({ status: 200, body: { orderId } });
    expect((await guest.get(`${path}/timeline`, token)).body.steps.length).toBeGreaterThan(2);
    for (const [client, wrong, status] of [
      [guest, undefined, 401],
      [guest, { "x-order-token": "A".repeat(22) }, 404],
      [buyer, undefined, 404],
      [buyer, { "x-order-token": "A".repeat(22) }, 404],
    ] as const)
      for (const read of ["", "/timeline", "/stream"])
        expect((await client.get(`${path}${read}`, wrong)).status).toBe(status);
    expect((await guest.post(`${path}/cancel`, {}, token)).body).toEqual({ orderId, status: "cancelled" });
    const stream = await guest.get(`${path}/stream`, token); // ends, because the order has ended
    expect(stream.body).toContain('"toStatus":"cancelled"');
  });

  test("a guest whose card needs a confirmation pays with another one, by the order's token", async () => {
    const goods = await newGoods(staff, 5);
    const guest = new Client(shop);
    const { request, headers } = await filledCart(guest, goods);
    const order = { ...request, email: "guest@example.com", paymentMethodId: "pm_card_authenticationRequired" };
    const placed = await guest.post("/checkout", order, { ...headers, ...WAIT });
    expect(placed).toMatchObject({ status: 201, body: { paymentStatus: "requires_action" } });
    const { orderId, orderToken, totalAmount: amount } = placed.body;
    const token = { "x-order-token": orderToken };
    const { customerId, payment } = (await guest.get(`/orders/${orderId}?expand=payment`, token)).body;
    const path = `/payments/${payment.paymentId}`;
    expect(await guest.get(path, token)).toMatchObject({ status: 200, body: { status: "requires_action" } });
    expect((await guest.get(path)).status).toBe(401);
    expect((await buyer.get(path)).status).toBe(404);
    const card = { orderId, customerId, amount, paymentMethodId: "pm_card_visa" };
    expect((await guest.post("/payments/authorize", card)).status).toBe(401);
    expect(await guest.post("/payments/authorize", card, token)).toMatchObject({
      status: 200,
      body: { status: "authorized", amount },
    });
    await readUntil(
      () => guest.get(`/orders/${orderId}`, token),
      ({ body }) => body.status === "paid",
    );
    expect(await guest.get(path, token)).toMatchObject({ body: { status: "voided" } });
    expect(await guest.post("/payments/authorize", card, token)).toMatchObject({
      status: 200,
      body: { status: "captured", amount },
    });
  });

  test("the stream tells each step as it happens", async () => {
    const goods = await newGoods(staff, 5);
    const { body } = await buyer.post("/orders", orderOf(buyer, goods));
    const response = await fetch(`${shop.url}/api/v1/orders/${body.orderId}/stream`, {
      headers: { authorization: `Bearer ${buyer.token}` },
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    let told = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      told += Buffer.from(chunk).toString();
      if (told.includes('"toStatus":"paid"')) break;
    }
    expect(told).toContain("id: 1\n");
    expect(told).toContain('"toStatus":"confirmed"');
    expect(told).not.toMatch(/"node"|warehouseId/); // these are for staff
  });

  test("a batch of 10,000 prices arrives whole", async () => {
    const prices = Array.from({ length: 10_000 }, (_, row) => ({
      sku: `BATCH-${"X".repeat(50)}-${row}`,
      currency: "USD",
      amount: row / 100,
    }));
    const products = Array.from({ length: 40 }, (_, n) => ({
      title: `Batch ${n}`,
      slug: `batch-${n}`,
      variants: prices.slice(n * 250, (n + 1) * 250).map(({ sku }) => ({ sku })),
    }));
    expect(await staff.post("/products:batch", { products })).toMatchObject({ status: 200 });
    const answer = await staff.post("/prices:batch", { prices });
    expect(answer).toMatchObject({ status: 200, body: { updated: 10_000 } });
    expect((await buyer.get(`/prices/${prices[9_999]?.sku}?currency=USD`)).body).toMatchObject({ amount: 99.99 });
  });

  test("another customer's order is not there", async () => {
    const goods = await newGoods(staff, 5);
    const { body } = await buyer.post("/orders", orderOf(buyer, goods));
    const stranger = await newCustomer(shop);
    for (const path of ["", "/timeline", "/stream"])
      expect((await stranger.get(`/orders/${body.orderId}${path}`)).status).toBe(404);
    expect((await stranger.post(`/orders/${body.orderId}/cancel`, {})).status).toBe(404);
    expect((await stranger.post("/orders", orderOf(buyer, goods))).status).toBe(403);
  });
});
