/**
 * The rush for a lightning deal: the service of promotions by itself, in one process with its buyers, on a Postgres that is
 * started and set up the way the shop's own is, on the same disk. Its only argument is the folder for its data.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Call } from "#lib/contract/types.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import type { Database } from "#lib/sql/database.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { insertDeal } from "#services/product/promotions/deals/deals.store.ts";
import { applyMessages } from "#services/product/promotions/steps/apply-messages.ts";
import { pool } from "#tools/replay/pool.ts";
import { ServiceDatabases } from "#tools/verify/databases.ts";
import { dealInspections } from "#tools/verify/deals.ts";
import { runWindow, type Window } from "./window.ts";
import { answerJobs } from "./worker.ts";

export type DealsJob =
  /** Rushes one after the other. Durations are those of claims; `done` and `seconds` are of the rushes without the sales after them. */
  | { kind: "rush"; seconds: number }
  /** Reads of the list of deals by as many clients, while one rush after the other goes on, or without. */
  | { kind: "reads"; seconds: number; clients: number; isRush: boolean };

const NAMESPACE = "deals";
const PROMOTIONS = join(import.meta.dirname, "../services/product/promotions/promotions.service.ts");
const BUYERS = 5_000;
const SLOTS = 100;
/** Buyers who wait for an answer at the same time. */
const AT_ONCE = 1_000;
/** Of those who get a slot; the others let their claims expire. */
const BUYING = 0.6;
const CLAIM_SECONDS = 1;
/** Between two looks at who has got a slot, in milliseconds. */
const LOOK_MS = 50;
const SOLD_WITHIN_MS = 40_000;
/** In one window: a rush takes less than a second, and selling its slots after it ten, because some claims have to expire. */
const RUSHES = 2;
const HOUR_MS = 3_600_000;
const CAUSE = { correlationId: "bench", causationId: "bench", traceparent: null };

interface Shop {
  postgres: EmbeddedPostgres;
  broker: ServiceBroker;
  db: Database;
  as(auth: Auth): Call;
}

let started: Promise<Shop> | undefined;

async function work(job: DealsJob): Promise<Window> {
  started ??= open();
  const shop = await started;
  if (job.kind === "rush") return rushes(shop, job.seconds);
  const guest = shop.as({ kind: "anonymous" });
  let isOver = false;
  const rushing = async () => {
    while (job.isRush && !isOver) await claimAll(shop, await newDeal(shop), []);
  };
  const [window] = await Promise.all([
    runWindow(job.clients, job.seconds, async () => {
      await guest("promotions.deals", {});
      return 1;
    }).finally(() => {
      isOver = true;
    }),
    rushing(),
  ]);
  return window;
}

async function open(): Promise<Shop> {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", log: () => {} });
  const env = parseEnv({ DATABASE_URL: postgres.url, NAMESPACE, LOG_LEVEL: "fatal", SEED_DEMO: "off" });
  const broker = new ServiceBroker(brokerOptions(env));
  broker.loadService(PROMOTIONS);
  await broker.start();
  const { db } = broker.getLocalService("promotions") as unknown as HasDatabase;
  const as = (auth: Auth) =>
    ((name: string, params: object) => broker.call(name, params, { meta: { auth } })) as unknown as Call;
  return { postgres, broker, db, as };
}

async function rushes(shop: Shop, seconds: number): Promise<Window> {
  const window: Window = { done: 0, seconds: 0, durationsMs: [], cpuSeconds: 0 };
  const cpu = process.cpuUsage();
  for (let rush = 0; rush < RUSHES && window.seconds < seconds; rush++) {
    const dealId = await newDeal(shop);
    const began = performance.now();
    const sold = sellAll(shop, dealId);
    await claimAll(shop, dealId, window.durationsMs);
    window.seconds += (performance.now() - began) / 1_000;
    window.done += BUYERS;
    await sold;
    await checkTurns(shop);
  }
  const { user, system } = process.cpuUsage(cpu);
  window.cpuSeconds = (user + system) / 1_000_000;
  return window;
}

async function newDeal({ db }: Shop): Promise<string> {
  const dealId = newId("deal");
  const [startsAt, endsAt] = [-HOUR_MS, HOUR_MS].map((ms) => new Date(Date.now() + ms)) as [Date, Date];
  await insertDeal(db, {
    ...{ dealId, sku: "BENCH", currency: "USD", priceMinor: 999, slots: SLOTS, perCustomer: 1 },
    ...{ claimSeconds: CLAIM_SECONDS, startsAt, endsAt, membersFrom: null, stoppedAt: null },
  });
  return dealId;
}

async function claimAll({ as }: Shop, dealId: string, durationsMs: number[]): Promise<void> {
  const buyers = Array.from({ length: BUYERS }, (_, n) => `cust_${n}`);
  await pool(buyers, AT_ONCE, async (customerId) => {
    const asked = performance.now();
    await as({ kind: "customer", customerId })("promotions.claimDeal", { dealId });
    durationsMs.push(performance.now() - asked);
  });
}

/** Buys for most of those who get a slot, until all slots are sold. @throws Error when that takes too long */
async function sellAll({ db, as }: Shop, dealId: string): Promise<void> {
  const deadline = performance.now() + SOLD_WITHIN_MS;
  const seen = new Set<string>();
  const service = as({ kind: "service", service: "bench" });
  for (let sold = 0; sold < SLOTS; ) {
    if (performance.now() > deadline) throw new Error(`only ${sold} of ${SLOTS} slots were sold`);
    const granted = await db.query<{ claimId: string; customerId: string }>(
      `SELECT claim_id AS "claimId", customer_id AS "customerId" FROM deal_claim WHERE deal_id = $1 AND state = 'granted'`,
      [dealId],
    );
    const fresh = granted.filter(({ claimId }) => !seen.has(claimId));
    for (const { claimId } of fresh) seen.add(claimId);
    const buying = fresh.filter(() => Math.random() < BUYING);
    for (const { claimId, customerId } of buying) {
      const orderId = newId("order");
      const usages = [{ promotionId: dealId, code: claimId, amountMinor: 1 }];
      const { refused } = await service("promotions.reserve", { orderId, customerId, currency: "USD", usages });
      if (refused.length > 0) continue; // the claim has expired meanwhile
      const paid = [
        { orderId, kind: "ordered" },
        { orderId, kind: "paid" },
      ] as const;
      await db.transaction(CAUSE, (tx) => applyMessages(tx, paid));
      sold += 1;
    }
    await sleep(LOOK_MS);
  }
}

/** @throws Error when more slots were given out than there are, or somebody was served out of turn */
async function checkTurns({ postgres }: Shop): Promise<void> {
  const databases = await ServiceDatabases.find({ server: postgres.url, namespace: NAMESPACE });
  try {
    for (const inspection of dealInspections)
      for await (const { invariant, suspects } of inspection.look(databases))
        if (suspects[0]) throw new Error(`${invariant}: ${suspects[0].id} ${suspects[0].wrong}`);
  } finally {
    await databases.close();
  }
}

answerJobs(work, async () => {
  const shop = await started;
  await shop?.broker.stop();
  await shop?.postgres.stop();
});
