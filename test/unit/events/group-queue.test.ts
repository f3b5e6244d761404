import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { noteFailedEvent } from "#lib/events/inbox/failed-event.ts";
import type { GroupBounds } from "#lib/events/inbox/group-handler.ts";
import { GroupQueue } from "#lib/events/inbox/group-queue.ts";
import { byKey, chances, eventOf, eventsOf, someTurns } from "./simulation.ts";

const BOUNDS: GroupBounds = {
  GROUP_BATCH: 7,
  EVENT_ATTEMPTS: 3,
  EVENT_BACKOFF_MS: 1,
  EVENT_BACKOFF_CAP_MS: 2,
  EVENT_OUTAGE_BACKOFF_MS: 1,
  EVENT_LOCK_TIMEOUT_MS: 1,
  EVENT_LOCK_RETRY_MS: 1,
  EVENT_WAIT_MS: 1,
};
const SIMULATIONS_AT_ONCE = 25; // they mostly wait

class Outage extends Error {}
class Busy extends Error {}

/** How often an event fails before it is applied; a poison event always fails. */
type Failures = number | "poison";
/** How soon an event is needed. */
type Need = "now" | "later" | "never";

interface Plan {
  events: { key: string; failures: Failures; need: Need; redelivered: boolean }[];
  seed: number;
  outageRate: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  events: fc.array(
    fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e"),
      failures: fc.oneof(
        { weight: 12, arbitrary: fc.constant<Failures>(0) },
        { weight: 2, arbitrary: fc.integer({ min: 1, max: BOUNDS.EVENT_ATTEMPTS - 1 }) },
        { weight: 1, arbitrary: fc.constant<Failures>("poison") },
      ),
      need: fc.constantFrom<Need>("now", "now", "later", "never"),
      redelivered: fc.boolean(),
    }),
    { maxLength: 40 },
  ),
  seed: fc.integer(),
  outageRate: fc.constantFrom(0, 0.1, 0.4),
});

/** A group with an inbox, applied events and dead letters in memory. Its database can fail, also right after a commit. */
class Group {
  readonly applied: EventEnvelope[] = [];
  readonly dead: { event: EventEnvelope; attempts: number }[] = [];
  readonly queue: GroupQueue;
  calls = 0;
  readonly #inbox = new Set<string>();
  readonly #failures: Map<string, Failures>;

  constructor({ failures, needs }: Pick<Outcome, "failures" | "needs">, outageRate: number, chance: () => number) {
    this.#failures = new Map(failures);
    const away = () => chance() < outageRate;
    this.queue = new GroupQueue(
      {
        isOutage: (error) => error instanceof Outage,
        isBusy: () => false,
        onError: () => {},
        concerns: ({ eventId }) => needs.get(eventId) !== "never",
        canWait: ({ eventId }) => needs.get(eventId) === "later",
        apply: async (events) => {
          this.calls += 1;
          await someTurns(chance);
          if (away()) throw new Outage("before the commit");
          const fresh = events.filter(({ eventId }) => !this.#inbox.has(eventId));
          this.#failIfPlanned(fresh);
          for (const event of fresh) {
            if (this.#inbox.has(event.eventId)) continue;
            this.#inbox.add(event.eventId);
            this.applied.push(event);
          }
          if (away()) throw new Outage("after the commit");
        },
        deadLetter: async (event, _error, attempts) => {
          this.calls += 1;
          await someTurns(chance);
          if (away()) throw new Outage("before the dead letter is stored");
          if (this.#inbox.has(event.eventId)) return;
          this.#inbox.add(event.eventId);
          this.dead.push({ event, attempts });
          if (away()) throw new Outage("after the dead letter is stored");
        },
      },
      BOUNDS,
    );
  }

  #failIfPlanned(events: readonly EventEnvelope[]): void {
    for (const { eventId } of events) {
      const failures = this.#failures.get(eventId) ?? 0;
      if (failures === 0) continue;
      if (failures !== "poison") this.#failures.set(eventId, failures - 1);
      throw new Error(`${eventId} fails`);
    }
  }
}

interface Outcome {
  group: Group;
  failures: Map<string, Failures>;
  needs: Map<string, Need>;
  events: EventEnvelope[];
  /** How often each delivery was settled. */
  settled: number[];
}

/** Delivers the events of a plan in bursts, some of them several times. */
async function deliver(
  { events: planned, seed, outageRate }: Plan,
  until: (outcome: Outcome) => Promise<void>,
): Promise<Outcome> {
  const chance = chances(seed);
  const events = eventsOf(planned.map(({ key }) => key));
  const failures = new Map(events.map((event, i) => [event.eventId, planned[i]?.failures ?? 0]));
  const needs = new Map(events.map((event, i) => [event.eventId, planned[i]?.need ?? "now"]));
  const group = new Group({ failures, needs }, outageRate, chance);
  const outcome: Outcome = { group, failures, needs, events, settled: [] };
  const push = (event: EventEnvelope) => {
    const index = outcome.settled.push(0) - 1;
    const settle = () => {
      outcome.settled[index] = (outcome.settled[index] ?? 0) + 1;
    };
    outcome.group.queue.push({ event, settle });
  };
  const delivering = (async () => {
    for (const [i, event] of events.entries()) {
      push(event);
      if (planned[i]?.redelivered) push(event);
      if (chance() < 0.3) await someTurns(chance);
    }
    for (const [i, event] of events.entries()) if (planned[i]?.redelivered && chance() < 0.5) push(event);
  })();
  await delivering;
  await until(outcome);
  return outcome;
}

async function allSettled({ settled }: Outcome): Promise<void> {
  while (settled.includes(0)) await sleep(1);
}

function expectInOrder(events: readonly EventEnvelope[]): void {
  for (const sequences of byKey(events).values()) expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
}

const plans = fc.array(plan, { minLength: SIMULATIONS_AT_ONCE, maxLength: SIMULATIONS_AT_ONCE });

describe("the queue of a group", () => {
  test("settles each delivery once, applies each event once and in order, and dead-letters poison events", async () => {
    const check = async (one: Plan) => {
      const { group, failures, needs, events: delivered, settled } = await deliver(one, allSettled);
      const events = delivered.filter(({ eventId }) => needs.get(eventId) !== "never");
      await sleep(2); // a second settlement would happen now
      expect(settled.every((times) => times === 1)).toBe(true);
      const ids = (of: readonly EventEnvelope[]) => of.map(({ eventId }) => eventId).sort();
      const poison = events.filter(({ eventId }) => failures.get(eventId) === "poison");
      expect(ids(group.applied)).toEqual(ids(events.filter((event) => !poison.includes(event))));
      expect(ids(group.dead.map(({ event }) => event))).toEqual(ids(poison));
      expect(group.dead.every(({ attempts }) => attempts === BOUNDS.EVENT_ATTEMPTS)).toBe(true);
      expectInOrder(group.applied);
      expect(group.queue.size).toBe(0);
    };
    await fc.assert(
      fc.asyncProperty(plans, async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 80 },
    );
  });

  test("does nothing after it was stopped, at any moment", async () => {
    const check = async (one: Plan) => {
      const { group, settled } = await deliver(one, async ({ group: { queue } }) => {
        await sleep(one.seed & 3);
        await queue.stop();
      });
      const before = { calls: group.calls, settled: [...settled], size: group.queue.size };
      group.queue.push({ event: eventOf("a", 99), settle: () => void settled.push(1) });
      await sleep(4);
      expect({ calls: group.calls, settled, size: group.queue.size }).toEqual({ ...before, size: 0 });
      expectInOrder(group.applied);
    };
    await fc.assert(
      fc.asyncProperty(plans, async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 40 },
    );
  });

  test("applies events that can wait with the next one that cannot, all in their order, and otherwise after a while", async () => {
    const batches: string[][] = [];
    const queue = new GroupQueue(
      {
        isOutage: () => false,
        isBusy: () => false,
        onError: () => {},
        canWait: ({ key }) => key === "later",
        apply: async (events) => void batches.push(events.map(({ eventId }) => eventId)),
        deadLetter: async () => {},
      },
      { ...BOUNDS, EVENT_WAIT_MS: 50 },
    );
    const settled = (event: EventEnvelope) => new Promise<void>((settle) => queue.push({ event, settle }));
    const later = [settled(eventOf("later", 1)), settled(eventOf("later", 2))];
    await sleep(5);
    expect(batches).toEqual([]);
    await Promise.all([...later, settled(eventOf("now", 1))]);
    await settled(eventOf("later", 3));
    expect(batches).toEqual([["later#1", "later#2", "now#1"], ["later#3"]]);
    expect(queue.size).toBe(0);
  });

  test("applies what arrives in one turn in one batch, and the next batch fills while the one before is applied", async () => {
    const batches: string[][] = [];
    const committed = Promise.withResolvers<void>();
    const queue = new GroupQueue(
      {
        isOutage: () => false,
        isBusy: () => false,
        onError: () => {},
        apply: async (events) => {
          batches.push(events.map(({ eventId }) => eventId));
          await committed.promise;
        },
        deadLetter: async () => {},
      },
      BOUNDS,
    );
    const settled = (event: EventEnvelope) => new Promise<void>((settle) => queue.push({ event, settle }));
    const first = [settled(eventOf("a", 1)), settled(eventOf("a", 2))];
    await sleep(1);
    const next = [settled(eventOf("b", 1))];
    await sleep(1);
    next.push(settled(eventOf("a", 3)));
    committed.resolve();
    await Promise.all([...first, ...next]);
    expect(batches).toEqual([
      ["a#1", "a#2"],
      ["b#1", "a#3"],
    ]);
    await queue.stop();
  });

  test("applies events of other keys while one key waits for its next attempt", async () => {
    const longBackoff = { ...BOUNDS, EVENT_BACKOFF_MS: 60_000, EVENT_BACKOFF_CAP_MS: 60_000 };
    const applied: string[] = [];
    const queue = new GroupQueue(
      {
        isOutage: () => false,
        isBusy: () => false,
        onError: () => {},
        apply: async (events) => {
          if (events.some(({ eventId }) => eventId === "a#1")) throw new Error("poison");
          applied.push(...events.map(({ eventId }) => eventId));
        },
        deadLetter: async () => {},
      },
      longBackoff,
    );
    const settled = (event: EventEnvelope) => new Promise<void>((settle) => queue.push({ event, settle }));
    void settled(eventOf("a", 1));
    void settled(eventOf("a", 2));
    await settled(eventOf("b", 1));
    await sleep(5); // by now the queue sleeps until the next attempt
    await settled(eventOf("b", 2));
    expect(applied).toEqual(["b#1", "b#2"]);
    await queue.stop();
  });

  test("blocks the keys that need a locked row until it is unlocked, dead-letters nothing, and applies other keys", async () => {
    let locked = true;
    const applied: string[] = [];
    const waits: number[] = [];
    const dead: string[] = [];
    const bounds = { ...BOUNDS, EVENT_LOCK_TIMEOUT_MS: 300, EVENT_LOCK_RETRY_MS: 30 };
    const queue = new GroupQueue(
      {
        isOutage: () => true, // a client sees a locked row as an outage
        isBusy: (error) => error instanceof Busy,
        onError: () => {},
        apply: async (events, _attempt, lockTimeoutMs) => {
          if (locked && events.some(({ key }) => key === "a")) {
            waits.push(lockTimeoutMs);
            throw new Busy();
          }
          applied.push(...events.map(({ eventId }) => eventId));
        },
        deadLetter: async ({ eventId }) => void dead.push(eventId),
      },
      bounds,
    );
    const settled = (event: EventEnvelope) => new Promise<void>((settle) => queue.push({ event, settle }));
    const blocked = [settled(eventOf("a", 1)), settled(eventOf("a", 2))];
    await settled(eventOf("b", 1));
    while (waits.length < BOUNDS.EVENT_ATTEMPTS * 3) await sleep(1);
    await settled(eventOf("b", 2));
    expect(applied).toEqual(["b#1", "b#2"]);
    expect(new Set(waits.slice(1))).toEqual(new Set([30])); // only the first wait for the lock may be long
    locked = false;
    await Promise.all(blocked);
    expect(applied.slice(2)).toEqual(["a#1", "a#2"]);
    expect(dead).toEqual([]);
  });

  test.each([
    { known: true, atMost: 4 },
    { known: false, atMost: 30 },
  ])(
    "applies the other events with few more transactions when 2 % always fail (failed event known: $known)",
    async ({ known, atMost }) => {
      const BATCHES = 20;
      const SIZE = 100;
      const events = Array.from({ length: BATCHES * SIZE }, (_, i) => eventOf(`key-${i}`, 1));
      const poison = new Set(events.filter((_, i) => i % 50 === 17));
      const bounds = { ...BOUNDS, GROUP_BATCH: SIZE, EVENT_ATTEMPTS: 5 };
      let firstTries = 0;
      let retries = 0;
      const dead: EventEnvelope[] = [];
      const queue = new GroupQueue(
        {
          isOutage: () => false,
          isBusy: () => false,
          onError: () => {},
          apply: async (batch, attempt) => {
            if (attempt === 1) firstTries += 1;
            else retries += 1;
            const failed = batch.find((event) => poison.has(event));
            if (!failed) return;
            const error = new Error("poison");
            if (known) noteFailedEvent(error, failed);
            throw error;
          },
          deadLetter: async (event) => void dead.push(event),
        },
        bounds,
      );
      await Promise.all(events.map((event) => new Promise<void>((settle) => queue.push({ event, settle }))));
      expect(new Set(dead)).toEqual(poison);
      expect(retries).toBe(poison.size * 4); // each alone, after the first attempt: five attempts in all
      expect(firstTries / BATCHES).toBeLessThanOrEqual(atMost);
    },
  );
});
