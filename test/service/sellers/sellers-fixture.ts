import { randomBytes } from "node:crypto";
import { expect } from "@jest/globals";
import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { nodeOf } from "#mixins/service/node.ts";
import ledgerService from "#services/commerce/ledger/ledger.service.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { catalog } from "#services/product/catalog/contract.ts";
import { sweep as makePayouts } from "#services/product/sellers/jobs/make-payouts.ts";
import { sellersService } from "#services/product/sellers/sellers.service.ts";
import type { Deps, SellersOptions } from "#services/product/sellers/setup.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, SERVICE, staff } from "#test/support/identities.ts";
import { emitAs, stubService, stubServiceWithEvents, TEST_CAUSE } from "#test/support/stub-service.ts";

export const CLERK = staff("sellers:read", "sellers:write");
export const AUDITOR = staff("sellers:documents");
export const id = (prefix: string) => `${prefix}_${randomBytes(6).toString("hex")}`;
export const PDF = Buffer.from("%PDF-1.4\nidentity of Ada\n%%EOF\n");
const IBAN = "DK5000400440116243";

/** A line of an order, as orders tells it. */
export interface SoldItem {
  sku: string;
  sellerId?: string;
  quantity?: number;
  price: number;
  discount?: number;
}

const PRODUCT = { productId: "prod_mug", slug: "mug", title: "Mug", brand: null, images: [], attributes: {} };
const ADDRESS = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201", country: "US" };

/** The service beside the ledger and stubs of the services that it asks and hears of. */
export async function startSellers({
  settings = {},
  ...options
}: SellersOptions & { settings?: Record<string, string> } = {}) {
  const statuses = new Map<string, "pending_payment" | "cancelled">();
  const statusOf = ({ orderIds }: { orderIds: string[] }) => ({
    orders: orderIds.flatMap((orderId) => {
      const status = statuses.get(orderId);
      return status ? [{ orderId, status }] : [];
    }),
  });
  const variant = (sku: string) => ({ sku, attributes: {}, price: { amount: 15, currency: "USD" }, available: 5 });
  const now = new Date().toISOString();
  const product = {
    ...{ ...PRODUCT, description: "", categories: [], attributeSet: null, taxCategory: "standard" },
    ...{ price: null, availability: "in_stock" as const, variants: [variant("MUG"), variant("MUG-BLUE")] },
    ...{ createdAt: now, updatedAt: now },
  };
  const broker = await startBroker({
    services: [
      sellersService(options),
      ledgerService,
      stubServiceWithEvents(orders, { answers: { statusOf } }),
      stubServiceWithEvents(payments),
      stubServiceWithEvents(catalog, {
        answers: {
          unknownSkus: ({ skus }) => ({ skus: skus.filter((sku) => sku.startsWith("GHOST")) }),
          get: () => product,
        },
      }),
      stubServiceWithEvents({
        name: "billing",
        summary: "",
        actions: {},
        signals: {},
        personalData: {},
        events: {},
      } as never),
      stubService("customers", {
        findExisting: ({ customerIds }) => ({ customerIds: customerIds.filter((one) => one !== "cust_ghost") }),
      }),
    ],
    settings: { SELLER_HOLD_DAYS: "1", SELLER_PAYOUT_DAYS: "1", ...settings },
  });
  const db = databaseOf(broker, "sellers");
  const call = <N extends ActionName>(auth: Auth, name: N, params: CallParams<N>): Promise<CallResult<N>> =>
    callAs(broker, auth)(name, params);
  const ctx = {
    ...{ db, call: callAs(broker, SERVICE), env: nodeOf(broker).env, cause: TEST_CAUSE, log: broker.logger },
    ...{ deps: (broker.getLocalService("sellers") as unknown as { deps: Deps }).deps, signal: () => undefined },
    transaction: <T>(work: (tx: Transaction) => Promise<T>) => db.transaction(TEST_CAUSE, work),
  } as unknown as ServiceContext<Deps> & Transactions;
  const addDocument = (owner: Auth, sellerId: string, type: "identity" | "registration", bytes = PDF) =>
    call(owner, "sellers.addDocument", {
      ...{ sellerId, type },
      part: { number: 1, base64: bytes.toString("base64"), isLast: true, type: "application/pdf" },
    });
  const statusIs = (sellerId: string, status: string) =>
    eventually(async () => {
      expect((await call(CLERK, "sellers.get", { sellerId })).status).toBe(status);
    });
  const apply = async (name = "Nordic Wood", ownerId = id("cust")) => {
    const owner = customer(ownerId);
    const profile = { name, email: "hello@nordic-wood.example", country: "DK", iban: IBAN };
    const { sellerId } = await call(owner, "sellers.apply", profile);
    return { sellerId, owner, ownerId };
  };
  const submit = async (name?: string) => {
    const applied = await apply(name);
    for (const type of ["identity", "registration"] as const) await addDocument(applied.owner, applied.sellerId, type);
    await call(applied.owner, "sellers.submit", { sellerId: applied.sellerId });
    return applied;
  };
  const approved = async (name?: string) => {
    const applied = await submit(name);
    await statusIs(applied.sellerId, "approved");
    return applied;
  };
  const about = (orderId: string) => ({ orderId, customerId: "cust_ann" });
  return {
    ...{ broker, db, ctx, call, statuses, addDocument, statusIs, apply, submit, approved },
    stop: () => broker.stop(),
    offer: (seller: { sellerId: string; owner: Auth }, sku: string, terms: { price?: number; stock?: number } = {}) =>
      call(seller.owner, "sellers.setOffer", {
        ...{ sellerId: seller.sellerId, sku, price: 10, currency: "USD", stock: 5, handlingDays: 2, ...terms },
      }),
    reserve: (orderId: string, items: CallParams<"sellers.reserve">["items"]) =>
      call(SERVICE, "sellers.reserve", { orderId, items }),
    stockOf: async (sellerId: string, sku: string) => {
      const [row] = await db.query<{ stock: number; reserved: number }>(
        "SELECT stock, reserved FROM offer WHERE seller_id = $1 AND sku = $2",
        [sellerId, sku],
      );
      return row;
    },
    ordered: (orderId: string, totalAmount: number, items: readonly SoldItem[]) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCreated, {
          ...{ ...about(orderId), totalAmount, currency: "USD", paymentMethodId: "pm_card_visa" },
          items: items.map((item) => ({ productId: "prod_mug", title: "Mug", quantity: 1, ...item })),
          status: "pending_payment",
          ...(items.some(({ sellerId }) => sellerId !== undefined) ? { hasOffers: true } : {}),
        }),
      ),
    paid: (orderId: string) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderStatusChanged, {
          ...{ ...about(orderId), previousStatus: "confirmed", newStatus: "paid", reason: "payment_captured" },
        }),
      ),
    cancelled: (orderId: string) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCancelled, {
          ...{ ...about(orderId), reason: "requested_by_customer", refundAmount: 0, currency: "USD" },
        }),
      ),
    refunded: (orderId: string, totalRefunded: number) =>
      emitAs(broker, "payments", (tx) =>
        tx.emit(payments.events.PaymentRefunded, {
          ...{ ...about(orderId), refundId: newId("refund"), paymentId: id("pay"), currency: "USD" },
          ...{ amount: totalRefunded, totalRefunded, reason: "requested_by_customer" },
        }),
      ),
    categorised: (sku: string, categories: string[]) =>
      emitAs(broker, "catalog", (tx) =>
        tx.emit(catalog.events.ProductCreated, {
          ...{ ...PRODUCT, productId: id("prod"), description: "", categories, variants: [{ sku, attributes: {} }] },
        }),
      ),
    /** What was published about a seller, oldest first. */
    published: async (sellerId: string) => {
      const rows = await db.query<{ type: string; data: Record<string, unknown> }>(
        "SELECT event_type AS type, data FROM outbox WHERE key = $1 ORDER BY sequence",
        [sellerId],
      );
      return rows.map(({ type, data: { orderId: _, sellerId: __, payoutId: ___, period: ____, ...data } }) => ({
        type,
        ...data,
      }));
    },
    /** Lets the hold of all sales be over, long before the present period began. */
    letHoldsEnd: async () => {
      await db.query("UPDATE sale SET available_at = available_at - interval '10 days'");
      await db.query("UPDATE balance_entry SET available_at = available_at - interval '10 days'");
    },
    /** Lets the next period begin, and pays out, on so many nodes at once. */
    payOut: async (nodes = 1) => {
      await db.query("UPDATE payout_turn SET done_until = done_until - interval '10 days'");
      await db.query("UPDATE payout SET period = period - interval '10 days'");
      await Promise.all(Array.from({ length: nodes }, () => makePayouts(ctx)));
    },
    address: ADDRESS,
  };
}

export type Sellers = Awaited<ReturnType<typeof startSellers>>;
