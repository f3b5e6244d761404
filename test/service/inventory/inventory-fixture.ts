import { ServiceBroker } from "moleculer";
import { parseEnv } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { Call } from "#lib/contract/types.ts";
import type { Cause } from "#lib/sql/cause.ts";
import { Semaphore } from "#lib/sql/semaphore.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import type { Message } from "#services/logistics/inventory/domain/apply-messages.ts";
import inventoryService from "#services/logistics/inventory/inventory.service.ts";
import { apply } from "#services/logistics/inventory/steps/apply-messages.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";

const PATIENCE_MS = 60_000;

export const cause: Cause = { correlationId: "test", causationId: "test", traceparent: null };
export const keeper: Auth = { kind: "staff", staffId: "staff_1", scopes: ["inventory:*"] };

/** The inventory service on a database of its own, with an orders service that answers what the test says. */
export async function startInventory(options: { demo?: boolean } = {}) {
  const env = parseEnv({
    DATABASE_URL: postgresUrl(),
    INVENTORY_DATABASE_URL: await freshDatabase("inventory"),
    SEED_DEMO: options.demo ? "on" : "off",
    LOG_LEVEL: "error",
  });
  const broker = new ServiceBroker({ ...brokerOptions(env), nodeID: `inventory-test-${process.pid}-${Math.random()}` });
  const statuses = new Map<string, string>();
  broker.createService(inventoryService);
  broker.createService({
    name: "orders",
    actions: {
      statusOf: (ctx: { params: { orderIds: string[] } }) => ({
        orders: ctx.params.orderIds.flatMap((orderId) => {
          const status = statuses.get(orderId);
          return status ? [{ orderId, status }] : [];
        }),
      }),
    },
  });
  await broker.start();
  await broker.waitForServices("inventory");
  const connections = new Semaphore(limits.POOL_TRANSACTIONS, PATIENCE_MS);
  const { db } = broker.getLocalService("inventory") as unknown as HasDatabase;
  const call = (auth: Auth, idempotencyKey?: string) =>
    ((name: string, params: object) =>
      broker.call(name, params, { meta: { auth, ...(idempotencyKey ? { idempotencyKey } : {}) } })) as unknown as Call;
  const asKeeper = call(keeper);
  const ctx = {
    db,
    cause,
    call: asKeeper,
    signal: () => undefined,
    transaction: (work: (tx: Transaction) => Promise<unknown>) => db.transaction(cause, work),
  } as unknown as ServiceContext & Transactions;
  return {
    db,
    ctx,
    call,
    asKeeper,
    statuses,
    /** Applies news of orders in one transaction, as a consumer does. */
    hear: (...messages: Message[]) =>
      connections.run(() =>
        db.transaction(cause, (tx) =>
          apply(
            ctx,
            tx,
            messages.map((message) => ({ message, cause })),
          ),
        ),
      ),
    stop: () => broker.stop(),
    stock: () =>
      db.query<{ sku: string; warehouse_id: string; on_hand: number; reserved: number }>(
        "SELECT sku, warehouse_id, on_hand, reserved FROM stock ORDER BY sku, warehouse_id",
      ),
    states: async () => {
      const rows = await db.query<{ state: string; n: number }>(
        "SELECT state, count(*) AS n FROM reservation GROUP BY state",
      );
      return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
    },
    told: async (orderId: string) => {
      const rows = await db.query<{ event_type: string }>(
        "SELECT event_type FROM outbox WHERE key = $1 ORDER BY sequence",
        [orderId],
      );
      return rows.map(({ event_type }) => event_type);
    },
  };
}

export type Inventory = Awaited<ReturnType<typeof startInventory>>;

/** Rows that break a law of stock; must be none. */
export async function broken(db: Inventory["db"]): Promise<object[]> {
  return db.query(
    `SELECT s.*, coalesce(held.quantity, 0) AS held, coalesce(moved.delta, 0) AS moved
     FROM stock s
     LEFT JOIN (SELECT l.sku, l.warehouse_id, sum(l.quantity) AS quantity FROM reservation_line l
                JOIN reservation r USING (order_id) WHERE r.state = 'reserved' GROUP BY 1, 2) held USING (sku, warehouse_id)
     LEFT JOIN (SELECT sku, warehouse_id, sum(delta) AS delta FROM movement GROUP BY 1, 2) moved USING (sku, warehouse_id)
     WHERE s.reserved <> coalesce(held.quantity, 0) OR s.on_hand <> coalesce(moved.delta, 0)
        OR s.on_hand < 0 OR s.reserved < 0 OR s.reserved > s.on_hand`,
  );
}
