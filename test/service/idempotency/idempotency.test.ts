import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import type { Auth } from "#lib/contract/access.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import till, { late } from "./idempotency-harness.ts";

const ADA: Auth = { kind: "customer", customerId: "cust_ada" };
const BOB: Auth = { kind: "customer", customerId: "cust_bob" };
const GUEST: Auth = { kind: "anonymous" };

interface Outcome {
  answer?: unknown;
  code?: string;
  replayed: boolean;
}

describe("a request with an idempotency key", () => {
  let broker: ServiceBroker;

  beforeAll(async () => {
    broker = await startBroker({ namespace: freshNamespace(), services: [till] });
  });
  afterAll(() => broker?.stop());

  async function request(name: string, params: object, meta: CallMeta): Promise<Outcome> {
    const call = broker.call(`till.${name}`, params, { meta: { auth: ADA, ...meta } as never });
    const { meta: after } = (call as unknown as { ctx: { meta: CallMeta } }).ctx;
    try {
      const answer = await call;
      return { answer, replayed: after.replayed ?? false };
    } catch (error) {
      return { code: (error as { type?: string }).type ?? String(error), replayed: after.replayed ?? false };
    }
  }

  async function sales(article: string): Promise<number> {
    const [row] = await databaseOf(broker, "till").query<{ count: number }>(
      "SELECT count(*)::int AS count FROM sale WHERE article = $1",
      [article],
    );
    return row?.count ?? -1;
  }

  const fresh = () => ({ article: randomUUID(), meta: { idempotencyKey: randomUUID() } });

  test.each(["sell", "sellPlainly", "sellOptimistically"])(
    "and the same body has one effect and one answer (%s)",
    async (name) => {
      const { article, meta } = fresh();
      const first = await request(name, { article, amount: 1 }, meta);
      expect(first).toEqual({ answer: { receipt: expect.any(Number), step: 1 }, replayed: false });
      const second = await request(name, { amount: 1, article }, meta); // in another order
      expect(second).toEqual({ answer: first.answer, replayed: true });
      expect(await sales(article)).toBe(1);
    },
  );

  test.each(["sell", "sellOptimistically"])("and another body is refused (%s)", async (name) => {
    const { article, meta } = fresh();
    await request(name, { article, amount: 1 }, meta);
    const other = await request(name, { article, amount: 2 }, meta);
    expect(other).toEqual({ code: "IDEMPOTENCY_KEY_REUSED", replayed: false });
    expect(await sales(article)).toBe(1);
  });

  test("sent twenty times at once has one effect, and the others get the answer or IDEMPOTENCY_IN_PROGRESS", async () => {
    const { article, meta } = fresh();
    const many = () => Promise.all(Array.from({ length: 20 }, () => request("sell", { article, amount: 1 }, meta)));
    const first = await many();
    expect(first.filter(({ replayed, answer }) => answer && !replayed)).toHaveLength(1);
    const answers = new Set(first.flatMap(({ answer }) => (answer ? [JSON.stringify(answer)] : [])));
    expect(answers.size).toBe(1);
    expect(new Set(first.map(({ code }) => code))).toEqual(new Set([undefined, "IDEMPOTENCY_IN_PROGRESS"]));
    for (const { answer, replayed } of await many()) {
      expect([JSON.stringify(answer), replayed]).toEqual([...answers, true]);
    }
    expect(await sales(article)).toBe(1);
  });

  test("sent many times at once has one effect when no answer is looked for before", async () => {
    const { article, meta } = fresh();
    const send = () => request("sellOptimistically", { article, amount: 1 }, meta);
    const all = await Promise.all(Array.from({ length: 12 }, send));
    expect(all.filter(({ replayed, answer }) => answer && !replayed)).toHaveLength(1);
    expect(new Set(all.map(({ answer }) => JSON.stringify(answer))).size).toBe(1); // they wait for the first one
    expect(await sales(article)).toBe(1);
  });

  test("is answered although it cannot be done again, when no answer is looked for before", async () => {
    const { article, meta } = fresh();
    const first = await request("refuseAgain", { article, amount: 1 }, meta);
    expect(await request("refuseAgain", { article, amount: 1 }, meta)).toEqual({ ...first, replayed: true });
    expect((await request("refuseAgain", { article, amount: 2 }, meta)).code).toBe("IDEMPOTENCY_KEY_REUSED");
    const other = await request("refuseAgain", { article, amount: 1 }, { idempotencyKey: randomUUID() });
    expect(other).toEqual({ code: "OUT_OF_STOCK", replayed: false });
  });

  test("is refused at once while the same request has locked what both of them need", async () => {
    const email = `${randomUUID()}@example.com`;
    const meta = { idempotencyKey: randomUUID() };
    const first = request("joinSlowly", { email }, meta);
    await sleep(100);
    const began = performance.now();
    const second = await request("joinSlowly", { email }, meta);
    const took = performance.now() - began;
    expect(await first).toEqual({ answer: { email }, replayed: false });
    expect(second).toEqual({ code: "IDEMPOTENCY_IN_PROGRESS", replayed: false });
    expect(took).toBeLessThan(300); // the row of the first one is locked for longer
    expect(await request("joinSlowly", { email }, meta)).toEqual({ answer: { email }, replayed: true });
  });

  test("is never refused because of its own earlier effect", async () => {
    for (let round = 0; round < 20; round++) {
      const email = `${randomUUID()}@example.com`;
      const meta = { idempotencyKey: randomUUID() };
      const all = await Promise.all(Array.from({ length: 5 }, () => request("join", { email }, meta)));
      for (const { answer, code } of all)
        expect(answer ?? code).toEqual(answer ? { email } : "IDEMPOTENCY_IN_PROGRESS");
      expect((await request("join", { email }, { idempotencyKey: randomUUID() })).code).toBe("EMAIL_TAKEN");
    }
  });

  test("whose handler failed after the commit gets the answer at the next attempt", async () => {
    const { article, meta } = fresh();
    expect((await request("sellAndCrash", { article, amount: 1 }, meta)).answer).toBeUndefined();
    const again = await request("sellAndCrash", { article, amount: 1 }, meta);
    expect(again).toEqual({ answer: { receipt: expect.any(Number), step: 1 }, replayed: true });
    expect(await sales(article)).toBe(1);
  });

  test("gets the answer although the connection ended before the commit was confirmed", async () => {
    const { article, meta } = fresh();
    const first = await request("sellAndLose", { article, amount: 1 }, meta);
    expect(first.answer).toEqual({ receipt: expect.any(Number), step: 1 });
    expect(await sales(article)).toBe(1);
  });

  test("has one effect although the broker tries it again after its handler has made calls", async () => {
    const { article, meta } = fresh();
    late.add(article);
    const first = await request("sellAfterAsking", { article, amount: 1 }, meta);
    expect(first.answer).toEqual({ receipt: expect.any(Number), step: 1 });
    expect(late.has(article)).toBe(false);
    expect(await sales(article)).toBe(1);
  });

  test("that takes several transactions stores the answer of the last one", async () => {
    const { article, meta } = fresh();
    const first = await request("sellInSteps", { article, amount: 1 }, meta);
    expect(first).toEqual({ answer: { receipt: expect.any(Number), step: 2 }, replayed: false });
    expect(await request("sellInSteps", { article, amount: 1 }, meta)).toEqual({ ...first, replayed: true });
    expect(await sales(article)).toBe(2);
  });

  test("that failed leaves nothing, and may be sent again", async () => {
    const { article, meta } = fresh();
    for (let i = 0; i < 2; i++) {
      expect(await request("refuse", { article, amount: 1 }, meta)).toEqual({ code: "OUT_OF_STOCK", replayed: false });
    }
    expect(await sales(article)).toBe(0);
    const [{ count } = { count: -1 }] = await databaseOf(broker, "till").query<{ count: number }>(
      "SELECT count(*)::int AS count FROM idempotency_key WHERE key = $1",
      [meta.idempotencyKey],
    );
    expect(count).toBe(0);
  });

  test("does not conflict with the same key of another caller or action", async () => {
    const { article, meta } = fresh();
    const callers: CallMeta[] = [
      { auth: ADA },
      { auth: BOB },
      { auth: { kind: "staff", staffId: "cust_ada", scopes: [] } },
      { auth: { kind: "service", service: "checkout" } },
      { auth: GUEST, address: "192.0.2.1" },
      { auth: GUEST, address: "192.0.2.2" },
    ];
    for (const caller of callers) {
      expect((await request("sell", { article, amount: 1 }, { ...caller, ...meta })).replayed).toBe(false);
    }
    expect((await request("sellPlainly", { article, amount: 1 }, meta)).replayed).toBe(false);
    expect(await sales(article)).toBe(callers.length + 1);
    for (const caller of callers) {
      expect((await request("sell", { article, amount: 1 }, { ...caller, ...meta })).replayed).toBe(true);
    }
  });

  test("may be used for another request after it has expired", async () => {
    const { article, meta } = fresh();
    await request("sell", { article, amount: 1 }, meta);
    await databaseOf(broker, "till").query(
      "UPDATE idempotency_key SET expires_at = now() - interval '1 second' WHERE key = $1",
      [meta.idempotencyKey],
    );
    const later = await request("sell", { article, amount: 2 }, meta);
    expect(later).toEqual({ answer: { receipt: expect.any(Number), step: 1 }, replayed: false });
    expect(await request("sell", { article, amount: 2 }, meta)).toEqual({ ...later, replayed: true });
    expect((await request("sell", { article, amount: 1 }, meta)).code).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(await sales(article)).toBe(2);
  });

  test("without a key has an effect each time", async () => {
    const { article } = fresh();
    for (let i = 0; i < 3; i++) await request("sell", { article, amount: 1 }, {});
    expect(await sales(article)).toBe(3);
  });
});
