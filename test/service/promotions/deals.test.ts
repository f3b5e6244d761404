import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { chunks } from "#lib/chunks.ts";
import type { CallParams, CallResult } from "#lib/contract/types.ts";
import type { Message } from "#services/product/promotions/domain/reservation.ts";
import promotions from "#services/product/promotions/promotions.service.ts";
import { applyMessages } from "#services/product/promotions/steps/apply-messages.ts";
import { callAs, databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually, readUntil } from "#test/support/eventually.ts";
import { customer, SERVICE, staff } from "#test/support/identities.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { stubCatalogue, TEST_CAUSE } from "#test/support/stub-service.ts";
import { ServiceDatabases } from "#tools/verify/databases.ts";
import { dealInspections } from "#tools/verify/deals.ts";

const HOUR_MS = 3_600_000;

type Claim = CallResult<"promotions.dealClaim">;

const namespace = freshNamespace();
/** Two nodes that share nothing but the database. */
let nodes: ServiceBroker[];

const start = () => startBroker({ namespace, services: [promotions, stubCatalogue().service] });

beforeAll(async () => {
  nodes = [await start(), await start()];
});

afterAll(async () => {
  await Promise.all((nodes ?? []).map((node) => node.stop()));
});

const node = (n: number) => nodes[n % nodes.length] as ServiceBroker;
const db = () => databaseOf(node(0), "promotions");
const asStaff = () => callAs(node(0), staff("promotions:*"));
const as = (name: string, n = 0, idempotencyKey?: string) =>
  callAs(node(n), customer(`cust_${name}`), idempotencyKey ? { idempotencyKey } : {});

const isoIn = (ms: number) => new Date(Date.now() + ms).toISOString();

async function newDeal(changes: Partial<CallParams<"promotions.createDeal">> = {}): Promise<string> {
  const { dealId } = await asStaff()("promotions.createDeal", {
    ...{ sku: "MUG", price: 9.5, currency: "USD", slots: 1, startsAt: isoIn(-HOUR_MS), endsAt: isoIn(HOUR_MS) },
    ...changes,
  });
  return dealId;
}

const claim = (dealId: string, name: string, n = 0, key?: string): Promise<Claim> =>
  as(name, n, key)("promotions.claimDeal", { dealId });
const look = (dealId: string, name: string, { claimId }: Claim, n = 0): Promise<Claim> =>
  as(name, n)("promotions.dealClaim", { dealId, claimId });
const giveBack = (dealId: string, name: string, { claimId }: Claim, n = 0) =>
  as(name, n)("promotions.giveDealClaimBack", { dealId, claimId });

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { type: string }).type;
  }
  throw new Error("It was not refused.");
}

const usage = (dealId: string, { claimId }: Claim) => ({ promotionId: dealId, code: claimId, amountMinor: 500 });

/** Reserves claims for an order, and whatever else it uses. */
const order = async (orderId: string, name: string, ...usages: ReturnType<typeof usage>[]) => {
  const params = { orderId, customerId: `cust_${name}`, currency: "USD", usages };
  return (await callAs(node(0), SERVICE)("promotions.reserve", params)).refused;
};
const giveOrderBack = (orderId: string) => callAs(node(0), SERVICE)("promotions.giveBack", { orderId });

/** What events say of orders, in their sequence. */
const follow = (...messages: Message[]) => db().transaction(TEST_CAUSE, (tx) => applyMessages(tx, messages));

/** As if the time of these claims was over. */
const letExpire = (claimIds: readonly string[]) =>
  db().query("UPDATE deal_claim SET expires_at = now() WHERE claim_id = ANY ($1) AND state = 'granted'", [claimIds]);

/** What `npm run verify` finds wrong. */
async function suspects(): Promise<unknown[]> {
  const databases = await ServiceDatabases.find({ server: postgresUrl(), namespace });
  const found: unknown[] = [];
  for (const inspection of dealInspections)
    for await (const { suspects: wrong } of inspection.look(databases)) found.push(...wrong);
  await databases.close();
  return found;
}

describe("500 buyers for 20 slots, on two nodes", () => {
  const SLOTS = 20;
  const names = Array.from({ length: 500 }, (_, n) => `rush_${n}`);
  let dealId: string;
  const claims = new Map<string, Claim>();

  const stored = () =>
    db().query<{ claimId: string; name: string; number: number; state: string; grantedAt: Date | null }>(
      `SELECT claim_id AS "claimId", substr(customer_id, 6) AS name, number, state, granted_at AS "grantedAt"
       FROM deal_claim WHERE deal_id = $1 ORDER BY number`,
      [dealId],
    );

  test("20 are granted, the others have the places after them, in the order in which they came", async () => {
    dealId = await newDeal({ slots: SLOTS });
    const made = await Promise.all(names.map((name, n) => claim(dealId, name, n)));
    for (const [n, name] of names.entries()) claims.set(name, made[n] as Claim);
    expect(made.filter(({ status }) => status === "granted")).toHaveLength(SLOTS);
    const positions = made.flatMap(({ position }) => position ?? []);
    expect(positions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 480 }, (_, n) => n + 1));
    const rows = await stored();
    expect(rows.map(({ number }) => number)).toEqual(names.map((_, n) => n + 1));
    for (const half of [0, 1]) {
      const came = names.filter((_, n) => n % 2 === half);
      expect(rows.map(({ name }) => name).filter((name) => came.includes(name))).toEqual(came);
    }
    expect(await suspects()).toEqual([]);
  });

  test("exactly 20 are sold, in turn, while claims expire, are given back and leave the queue", async () => {
    const left = new Set<string>();
    for (let round = 0; round < 30; round += 1) {
      const rows = await stored();
      const granted = rows.filter(({ state }) => state === "granted");
      if (granted.length === 0) break;
      const [buying = [], ...others] = chunks(granted, Math.ceil(granted.length / 2));
      const [leaving, expiring] = [others.flat().slice(0, 1), others.flat().slice(1)];
      const queued = rows.filter(({ state }) => state === "queued");
      const bored = queued.filter(({ number }) => number % 7 === round % 7).slice(0, 5);
      for (const { name } of bored) left.add(name);
      await letExpire(expiring.map(({ claimId }) => claimId));
      await Promise.all([
        ...buying.map(async ({ name, claimId }, n) => {
          const orderId = `ord_${name}`;
          expect(await order(orderId, name, usage(dealId, { claimId, status: "granted" }))).toEqual([]);
          await follow({ orderId, kind: "ordered" }, { orderId, kind: "paid" });
          expect((await look(dealId, name, { claimId, status: "granted" }, n)).status).toBe("sold");
        }),
        ...[...leaving, ...bored].map(({ name }, n) => giveBack(dealId, name, claims.get(name) as Claim, n)),
        ...queued.slice(0, 40).map(({ name }, n) => look(dealId, name, claims.get(name) as Claim, n)),
      ]);
      expect(await suspects()).toEqual([]);
    }
    const rows = await stored();
    expect(rows.filter(({ state }) => state === "sold")).toHaveLength(SLOTS);
    expect(rows.filter(({ state }) => state === "granted")).toEqual([]);
    // Everybody up to the last one who was served has had a turn, but for those who left before it came.
    const last = Math.max(...rows.filter(({ grantedAt }) => grantedAt).map(({ number }) => number));
    const skipped = rows.filter(({ number, grantedAt }) => number < last && !grantedAt).map(({ name }) => name);
    expect(skipped.filter((name) => !left.has(name))).toEqual([]);
    expect(last).toBeGreaterThan(SLOTS + 10);
    const { deals } = await asStaff()("promotions.deals", { limit: 100 });
    expect(deals.find((deal) => deal.dealId === dealId)?.claimedPercent).toBe(100);
  });

  test("the checks of a running shop find a slot too many and somebody who was served out of turn", async () => {
    const [other] = await db().query<{ id: string }>(
      "SELECT max(claim_id) AS id FROM deal_claim WHERE deal_id = $1 AND state = 'queued'",
      [dealId],
    );
    await db().query(
      "UPDATE deal_claim SET state = 'granted', granted_at = now(), expires_at = now() + interval '1 hour' WHERE claim_id = $1",
      [other?.id],
    );
    const ids = (await suspects()).map((suspect) => (suspect as { id: string }).id);
    expect(ids).toContain(dealId);
    expect(ids.length).toBeGreaterThan(100); // all who wait before it
    await db().query("DELETE FROM deal_claim WHERE deal_id = $1", [dealId]);
    await db().query("DELETE FROM deal WHERE deal_id = $1", [dealId]);
  });
});

describe("a claim", () => {
  test("that expires is handed over when the next in the queue looks, or the job does", async () => {
    const dealId = await newDeal();
    const first = await claim(dealId, "a");
    const second = await claim(dealId, "b");
    const third = await claim(dealId, "c", 1);
    expect([first.status, second.position, third.position]).toEqual(["granted", 1, 2]);
    await letExpire([first.claimId]);
    expect((await look(dealId, "b", second, 1)).status).toBe("granted");
    expect((await look(dealId, "c", third)).position).toBe(1);
    expect((await look(dealId, "a", first)).status).toBe("ended");
    await letExpire([second.claimId]);
    const states = () =>
      db().query<{ state: string }>("SELECT state FROM deal_claim WHERE deal_id = $1 ORDER BY number", [dealId]);
    await readUntil(states, (rows) => rows[2]?.state === "granted"); // nobody asks
  });

  test("is one, however often its request is sent", async () => {
    const dealId = await newDeal({ slots: 5, perCustomer: 2 });
    const made = await claim(dealId, "twice", 0, "key-1");
    expect(await claim(dealId, "twice", 1, "key-1")).toEqual(made);
    // The node ended after the claim was stored, and before its answer was.
    await db().query("DELETE FROM idempotency_key");
    expect(await claim(dealId, "twice", 1, "key-1")).toEqual(made);
    const racing = await Promise.allSettled([0, 1, 0, 1].map((n) => claim(dealId, "twice", n, "key-2")));
    const answers = racing.flatMap((race) => (race.status === "fulfilled" ? [race.value.claimId] : []));
    expect(new Set(answers).size).toBe(1);
    expect(await refusalOf(claim(dealId, "twice"))).toBe("DEAL_CLAIMED");
  });

  test("is its customer's: others neither see it nor give it back, but staff do", async () => {
    const dealId = await newDeal();
    const mine = await claim(dealId, "owner");
    expect(await refusalOf(look(dealId, "other", mine))).toBe("NOT_FOUND");
    expect(await refusalOf(giveBack(dealId, "other", mine))).toBe("NOT_FOUND");
    expect(await refusalOf(look("deal_other", "owner", mine))).toBe("NOT_FOUND");
    const ids = { dealId, claimId: mine.claimId };
    expect(await callAs(node(0), staff("promotions:read"))("promotions.dealClaim", ids)).toEqual(mine);
    expect(await callAs(node(0), staff("promotions:write"))("promotions.giveDealClaimBack", ids)).toEqual({});
    expect(await refusalOf(asStaff()("promotions.claimDeal", { dealId }))).toBe("FORBIDDEN");
  });

  test("is for one order; its slot goes to the next when that is cancelled, and stays when it was not placed", async () => {
    const dealId = await newDeal();
    const first = await claim(dealId, "a");
    const second = await claim(dealId, "b");
    expect(await order("ord_x1", "b", usage(dealId, second))).toMatchObject([{ reason: "ended" }]);
    expect(await order("ord_x2", "b", usage(dealId, first))).toMatchObject([{ reason: "unknown_code" }]);
    const twice = [order("ord_x3", "a", usage(dealId, first)), order("ord_x3", "a", usage(dealId, first))];
    expect(await Promise.all(twice)).toEqual([[], []]);
    expect(await order("ord_x4", "a", usage(dealId, first))).toMatchObject([{ reason: "code_used" }]);
    expect(await refusalOf(giveBack(dealId, "a", first))).toBe("DEAL_CLAIM_ORDERED");
    await giveOrderBack("ord_x3");
    expect(await look(dealId, "a", first)).toEqual(first);
    expect(await refusalOf(order("ord_x3", "a", usage(dealId, first)))).toBe("CONFLICT");
    // An order takes all that it uses, or nothing.
    const other = { promotionId: "promo_none", code: "NONE", amountMinor: 1 };
    expect(await order("ord_x5", "a", usage(dealId, first), other)).toMatchObject([{ promotionId: "promo_none" }]);
    expect(await look(dealId, "a", first)).toEqual(first);
    const [, both, one] = await Promise.all([
      order("ord_x0", "c", other), // the next two come together while this one is served
      order("ord_x6", "a", usage(dealId, first), other),
      order("ord_x6", "a", usage(dealId, first)),
    ]);
    expect(both).toMatchObject([{ promotionId: "promo_none" }]);
    expect(one).toEqual([]);
    expect(await look(dealId, "a", first)).toMatchObject({ status: "ordered", orderId: "ord_x6" });
    const [paid, cancelled] = [
      { orderId: "ord_x6", kind: "paid" },
      { orderId: "ord_x6", kind: "cancelled" },
    ] as const;
    await follow(paid, paid);
    expect(await look(dealId, "a", first)).toMatchObject({ status: "sold", orderId: "ord_x6" });
    await follow(cancelled, paid);
    await follow(cancelled);
    expect((await look(dealId, "a", first)).status).toBe("ended");
    expect((await look(dealId, "b", second)).status).toBe("granted");
    expect(await suspects()).toEqual([]);
  });
});

describe("in a cart", () => {
  const discounts = (name: string, quantity: number) =>
    callAs(node(0), SERVICE)("promotions.discounts", {
      currency: "USD",
      customerId: `cust_${name}`,
      lines: [{ sku: "CUP", quantity, priceMinor: 2_000 }],
      coupons: [],
    });

  test("a claim gives its price, and other pieces have other discounts", async () => {
    await asStaff()("promotions.create", {
      name: "Half",
      effect: { type: "percentOff", percent: 50, appliesTo: "order" },
      stacking: "stackable",
    });
    const dealId = await newDeal({ sku: "CUP", perCustomer: 2 });
    const { claimId } = await claim(dealId, "buyer");
    await claim(dealId, "buyer"); // it waits
    const found = await readUntil(
      () => discounts("buyer", 3),
      ({ discounts: given }) => given.length === 2,
    );
    expect(found.discounts).toMatchObject([
      { promotionId: dealId, name: "Lightning deal", code: claimId, amountMinor: 1_050, shares: [1_050] },
      { name: "Half", amountMinor: 2_000, shares: [2_000] },
    ]);
    expect((await discounts("buyer", 1)).discounts).toHaveLength(1);
    expect((await discounts("other", 1)).discounts).toMatchObject([{ name: "Half", amountMinor: 1_000 }]);
    await order("ord_cart", "buyer", usage(dealId, { claimId, status: "granted" }));
    expect((await discounts("buyer", 1)).discounts).toMatchObject([{ name: "Half" }]);
  });
});

describe("a deal", () => {
  test("starts and ends by the clock of the database, on every node, also on one that starts meanwhile", async () => {
    const [clock] = await db().query<{ now: Date }>("SELECT now()");
    const at = (ms: number) => new Date((clock?.now.getTime() ?? 0) + ms);
    const [membersFrom, startsAt, endsAt] = [at(400), at(900), at(1_700)];
    const times = { membersFrom, startsAt, endsAt };
    const dealId = await newDeal({
      slots: 10_000,
      ...Object.fromEntries(Object.entries(times).map(([name, time]) => [name, time.toISOString()])),
    });
    await db().query(
      "INSERT INTO customer_group (customer_id, groups, sequence) SELECT 'cust_member_' || n, '{members}', 1 FROM generate_series(0, 999) n",
    );
    let stop = false;
    const keepAsking = async (kind: string, n: number) => {
      for (let i = n; !stop; i += 4) await claim(dealId, `${kind}_${i}`, n).catch(() => undefined);
    };
    const asking = [0, 1, 2, 3].flatMap((n) => [keepAsking("member", n), keepAsking("other", n)]);
    const restarted = await start();
    nodes.push(restarted);
    await eventually(() => expect(Date.now()).toBeGreaterThan(endsAt.getTime() + 200));
    stop = true;
    await Promise.all(asking);
    const rows = await db().query<{ name: string; claimedAt: Date }>(
      `SELECT customer_id AS name, claimed_at AS "claimedAt" FROM deal_claim WHERE deal_id = $1 ORDER BY number`,
      [dealId],
    );
    const kind = (name: string) => rows.filter((row) => row.name.startsWith(`cust_${name}`));
    for (const [found, from] of [
      [kind("member"), membersFrom],
      [kind("other"), startsAt],
    ] as const) {
      expect(found.length).toBeGreaterThan(10);
      for (const { claimedAt } of found) {
        expect(claimedAt.getTime()).toBeGreaterThanOrEqual(from.getTime());
        expect(claimedAt.getTime()).toBeLessThan(endsAt.getTime());
      }
      expect(found[0]?.claimedAt.getTime()).toBeLessThan(from.getTime() + 500);
      expect(found.at(-1)?.claimedAt.getTime()).toBeGreaterThan(endsAt.getTime() - 500);
    }
    expect(await asStaff()("promotions.deal", { dealId })).toMatchObject({ status: "ended" });
  });

  test("that staff end takes no claims, grants none, and orders keep theirs", async () => {
    const dealId = await newDeal({ slots: 2 });
    const [ordered, granted, queued] = [
      await claim(dealId, "a"),
      await claim(dealId, "b"),
      await claim(dealId, "c"),
    ] as const;
    await order("ord_y", "a", usage(dealId, ordered));
    expect(await asStaff()("promotions.endDeal", { dealId })).toEqual({});
    const ended = await asStaff()("promotions.deal", { dealId });
    expect(ended.status).toBe("ended");
    expect(await asStaff()("promotions.endDeal", { dealId })).toEqual({});
    expect(await asStaff()("promotions.deal", { dealId })).toEqual(ended);
    expect(await refusalOf(claim(dealId, "d"))).toBe("DEAL_NOT_OPEN");
    expect(await order("ord_z", "b", usage(dealId, granted))).toMatchObject([{ reason: "ended" }]);
    const looks = [look(dealId, "a", ordered), look(dealId, "b", granted), look(dealId, "c", queued)];
    expect((await Promise.all(looks)).map(({ status }) => status)).toEqual(["ordered", "ended", "ended"]);
    await follow({ orderId: "ord_y", kind: "cancelled" });
    expect((await look(dealId, "c", queued)).status).toBe("ended"); // the slot stays free
    const [{ deals: open }, { deals: over }] = await Promise.all([
      asStaff()("promotions.deals", {}),
      asStaff()("promotions.deals", { ended: true }),
    ]);
    expect(open.map((deal) => deal.dealId)).not.toContain(dealId);
    expect(over).toContainEqual({ ...ended, claimedPercent: 50 });
  });

  test("is refused with times, prices and skus that cannot be", async () => {
    expect(await refusalOf(newDeal({ sku: "GHOST" }))).toBe("UNKNOWN_PRODUCT");
    for (const changes of [
      { price: 9.999 },
      { endsAt: isoIn(-2 * HOUR_MS) },
      { startsAt: isoIn(-3 * HOUR_MS), endsAt: isoIn(-HOUR_MS) },
      { membersFrom: isoIn(0) },
    ])
      expect(await refusalOf(newDeal(changes))).toBe("VALIDATION_FAILED");
    const buyer = callAs(node(0), customer("cust_a"));
    expect(await refusalOf(buyer("promotions.endDeal", { dealId: "deal_x" }))).toBe("FORBIDDEN");
    expect(await refusalOf(asStaff()("promotions.endDeal", { dealId: "deal_x" }))).toBe("NOT_FOUND");
    expect(await refusalOf(claim("deal_x", "a"))).toBe("NOT_FOUND");
  });
});
