import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { CallParams, CallResult } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { orders } from "#services/commerce/orders/contract.ts";
import { customers } from "#services/identity/customers/contract.ts";
import { catalog } from "#services/product/catalog/contract.ts";
import promotionsService from "#services/product/promotions/promotions.service.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { SERVICE } from "#test/support/identities.ts";
import { emitAs, stubServiceWithEvents, TEST_CAUSE } from "#test/support/stub-service.ts";

export const MARKETER: Auth = { kind: "staff", staffId: "staff_1", scopes: ["promotions:*"] };

/** What a customer's two mugs at 10.00 are asked with. */
export const TWO_MUGS: CallParams<"promotions.discounts"> = {
  ...{ currency: "USD", customerId: "cust_ann", coupons: [] },
  lines: [{ sku: "MUG", quantity: 2, priceMinor: 1_000 }],
};

export const TEN_OFF = { type: "percentOff", percent: 10, appliesTo: "order" } as const;

type Terms = CallParams<"promotions.create">;
type Status = CallResult<"orders.statusOf">["orders"][number]["status"];

/** Promotions beside services that publish what it consumes, and orders whose statuses a test may set. */
export async function startPromotions() {
  const statuses = new Map<string, Status>();
  const tree = [
    { slug: "camping", name: "Camping", parent: null },
    { slug: "camp-kitchen", name: "Camp kitchen", parent: "camping" },
  ];
  const namespace = freshNamespace();
  const broker = await startBroker({
    namespace,
    services: [
      promotionsService,
      stubServiceWithEvents(customers),
      stubServiceWithEvents(orders, {
        answers: {
          statusOf: ({ orderIds }) => ({
            orders: orderIds.flatMap((orderId) => {
              const status = statuses.get(orderId);
              return status ? [{ orderId, status }] : [];
            }),
          }),
        },
      }),
      stubServiceWithEvents(catalog, {
        answers: { categories: () => ({ categories: tree, pagination: { page: 1, limit: 100, total: tree.length } }) },
      }),
    ],
  });
  const secondNode = await startBroker({ namespace, services: [promotionsService] });
  const db = databaseOf(broker, "promotions");
  const call = callAs(broker, SERVICE);
  const asStaff = callAs(broker, MARKETER);
  const ctx = {
    ...{ db, call, cause: TEST_CAUSE },
    transaction: <T>(work: (tx: Transaction) => Promise<T>) => db.transaction(TEST_CAUSE, work),
  } as unknown as ServiceContext & Transactions;
  return {
    ...{ broker, db, ctx, call, asStaff, statuses },
    /** A call of the second node, which has a memory and connections of its own. */
    callSecond: callAs(secondNode, SERVICE),
    stop: () => Promise.all([broker.stop(), secondNode.stop()]),
    /** Ends all promotions, so that those of one test do not touch the next. */
    async endAll() {
      const { promotions } = await asStaff("promotions.list", { limit: 100 });
      for (const { promotionId, status } of promotions)
        if (status !== "ended") await asStaff("promotions.end", { promotionId });
    },
    /** A promotion of 10 % off everything, unless its terms say otherwise. */
    add: (terms: Partial<Terms> = {}) =>
      asStaff("promotions.create", {
        ...{ name: "Ten off", stacking: "stackable", effect: TEN_OFF },
        ...terms,
      }),
    /** What they get off. */
    discounts: (changes: Partial<CallParams<"promotions.discounts">> = {}) =>
      call("promotions.discounts", {
        ...TWO_MUGS,
        ...changes,
      }),
    /** Reserves a use for an order, a new one unless it is named. */
    async reserve(
      promotionId: string,
      changes: Partial<CallParams<"promotions.reserve">> & { code?: string; by?: typeof call } = {},
    ) {
      const { code, by = call, ...rest } = changes;
      const orderId = changes.orderId ?? newId("order");
      const usages = [{ promotionId, amountMinor: 200, ...(code === undefined ? {} : { code }) }];
      const request = { orderId, customerId: `cust_of_${orderId}`, currency: "USD", usages, ...rest };
      const { refused } = await by("promotions.reserve", request);
      return { orderId, refused: refused.map(({ reason }) => reason) };
    },
    created: (orderId: string) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCreated, {
          ...{ orderId, customerId: "cust_ann", totalAmount: 18, currency: "USD", paymentMethodId: "pm_card_visa" },
          items: [{ productId: "prod_mug", sku: "MUG", title: "Mug", quantity: 2, price: 10 }],
          status: "pending_payment",
          discounts: [{ promotionId: "promo_ten", name: "Ten off", amount: 2 }],
        }),
      ),
    paid: (orderId: string, customerId = "cust_ann") =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderStatusChanged, {
          ...{ orderId, customerId, previousStatus: "confirmed", newStatus: "paid", reason: "payment_captured" },
        }),
      ),
    cancelled: (orderId: string) =>
      emitAs(broker, "orders", (tx) =>
        tx.emit(orders.events.OrderCancelled, {
          ...{ orderId, customerId: "cust_ann", reason: "requested_by_customer", refundAmount: 0, currency: "USD" },
        }),
      ),
    uses: async (promotionId: string) => {
      const { uses, spent } = await asStaff("promotions.get", { promotionId });
      return spent === undefined ? { uses } : { uses, spent };
    },
    statesOf: async (promotionId: string) => {
      const { redemptions } = await asStaff("promotions.redemptions", { promotionId, limit: 100 });
      return redemptions.map(({ status }) => status).sort();
    },
  };
}

export type Promotions = Awaited<ReturnType<typeof startPromotions>>;

/** Promotions whose counters are not the sum of what is reserved or committed; there must be none. */
export function wrongCounters({ db }: Pick<Promotions, "db">): Promise<object[]> {
  return db.query(
    `SELECT u.*, coalesce(r.uses, 0) AS counted, coalesce(r.spent, 0) AS sum
     FROM promotion_use u LEFT JOIN (
       SELECT promotion_id, count(*)::int AS uses, sum(amount_minor)::bigint AS spent
       FROM redemption JOIN reservation USING (order_id) WHERE state <> 'released' GROUP BY 1
     ) r USING (promotion_id)
     WHERE u.uses <> coalesce(r.uses, 0) OR u.spent_minor <> coalesce(r.spent, 0)`,
  );
}
