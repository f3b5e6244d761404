import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { newId } from "#lib/contract/ids.ts";
import fraudService from "#services/commerce/fraud/fraud.service.ts";
import ordersService from "#services/commerce/orders/orders.service.ts";
import paymentsService from "#services/commerce/payments/payments.service.ts";
import { customers } from "#services/identity/customers/contract.ts";
import inventoryService from "#services/logistics/inventory/inventory.service.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, SERVICE } from "#test/support/identities.ts";
import { natsServer } from "#test/support/servers.ts";
import { stubPromotions } from "#test/support/stub-promotions.ts";
import { stubService, stubServiceWithEvents } from "#test/support/stub-service.ts";

const address = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201" };
const ANN = "cust_ann";

describe.each(["accept", "review"] as const)("while fraud is down, FRAUD_UNAVAILABLE=%s", (unavailable) => {
  let nats: Awaited<ReturnType<typeof natsServer>>;
  let shop: ServiceBroker;
  let fraud: ServiceBroker | undefined;
  const namespace = freshNamespace();

  beforeAll(async () => {
    nats = await natsServer();
    shop = await startBroker({
      ...{ namespace, nats: nats.url, node: "shop" },
      services: [
        ...[ordersService, paymentsService, inventoryService, stubServiceWithEvents(customers)],
        stubService("catalog", {
          resolve: ({ items }) => ({ items: items.map(({ productId }) => ({ productId, sku: "mug", title: "Mug" })) }),
          unknownSkus: () => ({ skus: [] }),
        }),
        stubPromotions().service,
        stubService("pricing", { prices: () => ({ prices: [{ sku: "mug", amountMinor: 1_000 }] }) }),
      ],
      settings: { FRAUD_UNAVAILABLE: unavailable },
    });
    const call = callAs(shop, SERVICE, { address: "test", idempotencyKey: newId("operation") });
    await call("inventory.addWarehouse", { warehouseId: "wh_main", name: "Main" });
    await call("inventory.adjust", { sku: "mug", warehouseId: "wh_main", delta: 50, reason: "delivery" });
  }, 60_000);

  afterAll(async () => {
    await fraud?.stop();
    await shop?.stop();
    await nats?.stop();
  }, 60_000);

  const asAnn = () => callAs(shop, customer(ANN));
  const buy = () =>
    asAnn()("orders.create", {
      customerId: ANN,
      items: [{ productId: "prod_mug", quantity: 1, price: 10 }],
      shippingAddress: address,
      paymentMethodId: "pm_card_visa",
    });
  const becomes = (orderId: string, expected: object) =>
    eventually(async () => expect(await asAnn()("orders.get", { orderId })).toMatchObject(expected));

  if (unavailable === "accept") {
    test("an order is placed and paid without an assessment", async () => {
      const { orderId } = await buy();
      await becomes(orderId, { status: "paid" });
    });
  } else {
    test("an order waits uncharged, and is paid when fraud is back and finds nothing", async () => {
      const placed = await buy();
      expect(placed).toMatchObject({ status: "pending_payment", underReview: true });
      await eventually(async () => {
        const { steps } = await asAnn()("orders.timeline", { orderId: placed.orderId });
        expect(steps.map(({ step }) => step)).toContain("InventoryReserved");
      });
      expect(await databaseOf(shop, "payments").query("SELECT FROM payment")).toEqual([]);
      fraud = await startBroker({ namespace, nats: nats.url, node: "fraud", services: [fraudService] });
      await becomes(placed.orderId, { status: "paid" });
      await eventually(async () => {
        const { orderId } = await buy();
        expect(await callAs(shop, SERVICE)("fraud.assessmentOf", { orderId })).toMatchObject({ decision: "accept" });
      });
    }, 40_000);
  }
});
