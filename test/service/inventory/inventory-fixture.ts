import { limits } from "#config/limits.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { Semaphore } from "#lib/sql/semaphore.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { Message } from "#services/logistics/inventory/domain/apply-messages.ts";
import inventoryService from "#services/logistics/inventory/inventory.service.ts";
import { applyToOrders } from "#services/logistics/inventory/steps/apply-messages.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { TEST_CAUSE as cause, stubCatalogue, stubService } from "#test/support/stub-service.ts";

const CONNECTION_WAIT_MS = 60_000;

export { cause };
export const stockKeeper: Auth = { kind: "staff", staffId: "staff_1", scopes: ["inventory:*"] };

/** Inventory beside a stub of orders, whose statuses a test may set. */
export async function startInventory(options: { demo?: boolean } = {}) {
  const statuses = new Map<string, CallResult<"orders.statusOf">["orders"][number]["status"]>();
  const catalogue = stubCatalogue();
  const broker = await startBroker({
    services: [
      inventoryService,
      catalogue.service,
      stubService("orders", {
        statusOf: ({ orderIds }) => ({
          orders: orderIds.flatMap((orderId) => {
            const status = statuses.get(orderId);
            return status ? [{ orderId, status }] : [];
          }),
        }),
      }),
    ],
    settings: { SEED_DEMO: options.demo ? "on" : "off" },
  });
  const connections = new Semaphore(limits.POOL_TRANSACTIONS, CONNECTION_WAIT_MS);
  const db = databaseOf(broker, "inventory");
  const call = (auth: Auth, idempotencyKey?: string) => callAs(broker, auth, idempotencyKey ? { idempotencyKey } : {});
  const asStaff = call(stockKeeper);
  const ctx = {
    db,
    cause,
    call: asStaff,
    signal: () => undefined,
    transaction: (work: (tx: Transaction) => Promise<unknown>) => db.transaction(cause, work),
  } as unknown as ServiceContext & Transactions;
  return {
    db,
    ctx,
    call,
    asStaff,
    statuses,
    /** The questions that the catalogue was asked: which of these skus it does not have. */
    asked: catalogue.asked,
    /** Applies messages about orders in one transaction, as a consumer does. */
    apply: (...messages: Message[]) =>
      connections.run(() =>
        db.transaction(cause, (tx) =>
          applyToOrders(
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
    emitted: async (orderId: string) => {
      const rows = await db.query<{ event_type: string }>(
        "SELECT event_type FROM outbox WHERE key = $1 ORDER BY sequence",
        [orderId],
      );
      return rows.map(({ event_type }) => event_type);
    },
  };
}

export type Inventory = Awaited<ReturnType<typeof startInventory>>;

/** Rows of stock that break an invariant; there must be none. */
export async function brokenStock(db: Inventory["db"]): Promise<object[]> {
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
