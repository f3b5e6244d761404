/**
 * Promotions by themselves: carts ask for their discounts and orders reserve them, as other services of one node do, on a
 * Postgres that is started and set up the way the shop's own is, on the same disk. Its only argument is the folder for its
 * data.
 */
import { join } from "node:path";
import { ServiceBroker } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Call } from "#lib/contract/types.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { runWindow, type Window } from "./window.ts";
import { answerJobs } from "./worker.ts";

export type PromotionsJob = { seconds: number; clients: number } & (
  | { kind: "carts"; promotions: number }
  /** All orders use one promotion, so they wait for one row. */
  | { kind: "uses" }
);

const LINES = 50;
/** Skus of the shop, of which a cart has some, and what they are in. */
const SKUS = 10_000;
const CATEGORIES = 1_000;
const GROUPS = 200;
const SERVICE = join(import.meta.dirname, "../services/product/promotions/promotions.service.ts");
const AUTH: Auth = { kind: "service", service: "bench" };
const STAFF: Auth = { kind: "staff", staffId: "staff_bench", scopes: ["*"] };

let postgres: Promise<EmbeddedPostgres> | undefined;
const shops = new Map<number, Promise<{ broker: ServiceBroker; call: Call; promotionId: string }>>();

async function work(job: PromotionsJob): Promise<Window> {
  const promotions = job.kind === "carts" ? job.promotions : 0;
  const shop = shops.get(promotions) ?? open(promotions);
  shops.set(promotions, shop);
  const { call, promotionId } = await shop;
  return runWindow(job.clients, job.seconds, async () => {
    if (job.kind === "carts") await call("promotions.discounts", cart());
    else await call("promotions.reserve", useOf(promotionId));
    return 1;
  });
}

function cart() {
  const first = Math.floor(Math.random() * SKUS);
  const lines = Array.from({ length: LINES }, (_, at) => ({
    ...{ sku: `SKU-${(first + at * 7) % SKUS}`, quantity: 1 + (at % 3), priceMinor: 999 + at },
  }));
  return { currency: "USD", customerId: "cust_bench", lines, coupons: [] };
}

function useOf(promotionId: string) {
  const orderId = newId("order");
  return { orderId, customerId: `cust_${orderId}`, currency: "USD", usages: [{ promotionId, amountMinor: 100 }] };
}

/** A shop with so many promotions without a code, each fourth by skus, categories, a group and a subtotal. */
async function open(promotions: number) {
  postgres ??= startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", log: () => {} });
  const { url } = await postgres;
  const env = parseEnv({ DATABASE_URL: url, NAMESPACE: `promotions-${promotions}`, LOG_LEVEL: "fatal" });
  const broker = new ServiceBroker(brokerOptions(env));
  broker.loadService(SERVICE);
  await broker.start();
  const { db } = broker.getLocalService("promotions") as unknown as HasDatabase;
  const conditions = Array.from({ length: promotions }, (_, at) => JSON.stringify([conditionOf(at)]));
  await db.query(
    `WITH added AS (
       INSERT INTO promotion (promotion_id, name, only_with_code, conditions, effect, starts_at, priority, exclusive,
                              version, created_at)
       SELECT 'promo_' || n, 'Promotion ' || n, false, terms,
              '{"type": "percentOff", "points": 500, "appliesTo": "order"}', now(), n % 7, n % 3 = 0, 1, now()
       FROM unnest($1::json[]) WITH ORDINALITY AS p (terms, n) RETURNING promotion_id
     ) INSERT INTO promotion_use (promotion_id) SELECT promotion_id FROM added`,
    [conditions],
  );
  await db.query(
    `INSERT INTO sku_category (sku, categories, told_at)
     SELECT 'SKU-' || n, ARRAY['category-' || n % ${CATEGORIES}], now() FROM generate_series(0, ${SKUS - 1}) AS n`,
  );
  await db.query("INSERT INTO customer_group VALUES ('cust_bench', '{group-2}', 1)");
  await db.query("UPDATE promotion_terms SET version = 1");
  const callAs = (auth: Auth) =>
    ((name: string, params: object) => broker.call(name, params, { meta: { auth } })) as unknown as Call;
  // Also lets the node know of the others.
  const { promotionId } = await callAs(STAFF)("promotions.create", {
    ...{ name: "Used by all", stacking: "stackable", effect: { type: "freeShipping" }, usageLimit: 1_000_000_000 },
  });
  return { broker, call: callAs(AUTH), promotionId };
}

function conditionOf(at: number) {
  if (at % 4 === 0) return { type: "skus", skus: [`SKU-${at % SKUS}`, `SKU-${(at + 1) % SKUS}`] };
  if (at % 4 === 1) return { type: "categories", categories: [`category-${at % CATEGORIES}`] };
  if (at % 4 === 2) return { type: "customerGroup", group: `group-${at % GROUPS}` };
  return { type: "minSubtotal", amountMinor: at * 100 };
}

answerJobs(work, async () => {
  for (const shop of shops.values()) await (await shop).broker.stop();
  await (await postgres)?.stop();
});
