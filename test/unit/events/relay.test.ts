import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { OutboxRelay } from "#lib/events/outbox/relay.ts";
import { InMemoryOutbox } from "./in-memory-outbox.ts";
import { BOUNDS, type Incident, type Plan, simulate, TOPIC, until } from "./relay-simulation.ts";
import { SimulatedStream } from "./simulated-stream.ts";
import { byKey, eventOf, eventsOf } from "./simulation.ts";

const READS_UNTIL_SETTLED = 15; // many more than it takes until the relay no longer reads from the start
const SIMULATIONS_AT_ONCE = 20; // they mostly wait

const plans = (incidents: readonly Incident[]): fc.Arbitrary<Plan[]> =>
  fc.array(
    fc.record({
      keys: fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 60 }),
      seed: fc.integer(),
      failureRate: fc.constantFrom(0, 0.05, 0.2),
      incidents: fc.array(fc.constantFrom(...incidents), { maxLength: 4 }),
    }),
    { minLength: SIMULATIONS_AT_ONCE, maxLength: SIMULATIONS_AT_ONCE },
  );

describe("the relay", () => {
  const bounds = { ...BOUNDS, OUTBOX_POLL_MS: 20 };

  function open() {
    const never = () => 0;
    const stream = new SimulatedStream(false, never, 0);
    const outbox = new InMemoryOutbox(never, 0, () => true);
    const relay = new OutboxRelay(outbox, stream, [TOPIC], { onError: () => {}, onResend: () => {} }, bounds);
    const commit = (id: number, event: EventEnvelope) => {
      outbox.writers.delete(event.eventId);
      outbox.rows.push({ id, event, sent: false });
    };
    const allSent = () => outbox.rows.every(({ sent }) => sent);
    const startAndSettle = () => {
      relay.start();
      return until(() => outbox.readFrom.length > READS_UNTIL_SETTLED && allSent());
    };
    return { stream, outbox, relay, commit, allSent, startAndSettle };
  }

  test("reads new events without reading those that were sent before", async () => {
    const { outbox, relay, commit, startAndSettle } = open();
    outbox.lastId = 50;
    for (let id = 1; id <= outbox.lastId; id++) commit(id, eventOf("a", id));
    await startAndSettle();
    outbox.readFrom = [];
    outbox.lastId = 51;
    commit(51, eventOf("a", 51));
    relay.nudge();
    await until(() => outbox.readFrom.length > 0);
    await relay.stop();
    expect(Math.max(...outbox.readFrom)).toBe(51);
  });

  test("sends an event with a low id that is committed after events with higher ids were sent", async () => {
    const { stream, outbox, relay, commit, allSent, startAndSettle } = open();
    const [slow, next] = eventsOf(["slow", "slow"]) as [EventEnvelope, EventEnvelope];
    outbox.lastId = 50;
    outbox.writers.add(slow.eventId);
    for (let id = 2; id <= outbox.lastId; id++) commit(id, eventOf("a", id));
    await startAndSettle();
    outbox.lastId = 51;
    commit(1, slow);
    commit(51, next);
    relay.nudge();
    await until(allSent);
    await relay.stop();
    expect(stream.stored.slice(-2)).toEqual([slow, next]);
  });

  test("sends events that were marked as unsent during a pause before new ones", async () => {
    const { stream, outbox, relay, commit, allSent, startAndSettle } = open();
    outbox.lastId = 1;
    commit(1, eventOf("a", 1));
    await startAndSettle();
    await relay.whilePaused(async () => {
      for (const row of outbox.rows) row.sent = false;
      outbox.lastId = 2;
      commit(2, eventOf("a", 2));
    });
    await until(allSent);
    await relay.stop();
    expect(stream.stored.map(({ sequence }) => sequence)).toEqual([1, 1, 2]);
  });

  test("finds events that something else has marked as unsent at its next poll", async () => {
    const { stream, outbox, relay, commit, allSent, startAndSettle } = open();
    outbox.lastId = 1;
    commit(1, eventOf("a", 1));
    await startAndSettle();
    for (const row of outbox.rows) row.sent = false;
    await until(allSent);
    await relay.stop();
    expect(stream.stored.length).toBe(2);
  });
});

/** Without the duplicates: the first time that each event was stored. */
function firstStored(events: readonly EventEnvelope[]): EventEnvelope[] {
  const known = new Set<string>();
  return events.filter(({ eventId }) => !known.has(eventId) && known.add(eventId));
}

describe.each([
  {
    publisher: "takes one event of a key at a time",
    oneInFlightPerKey: true,
    incidents: ["crash", "stop", "second"] as const,
  },
  { publisher: "may lose everything", oneInFlightPerKey: true, incidents: ["crash", "stop", "lose"] as const },
  { publisher: "keeps the order of its calls", oneInFlightPerKey: false, incidents: ["crash", "stop"] as const },
])("a relay whose publisher $publisher", ({ oneInFlightPerKey, incidents }) => {
  test("sends every committed event, those of a key in order, and marks none before it is stored", async () => {
    const check = async (plan: Plan) => {
      const { outbox, stream, events } = await simulate(plan, oneInFlightPerKey);
      expect(byKey(firstStored(stream.stored))).toEqual(
        byKey(firstStored(stream.stored).sort((a, b) => a.sequence - b.sequence)),
      );
      const stored = new Set(stream.stored.map(({ eventId }) => eventId));
      expect(events.filter(({ eventId }) => !stored.has(eventId))).toEqual([]);
      expect(outbox.wronglyMarked).toEqual([]);
    };
    await fc.assert(
      fc.asyncProperty(plans(incidents), async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 30, endOnFailure: true }, // shrinking takes minutes and finds little, because the timing is random
    );
  });

  test("needs no poll as long as nothing fails", async () => {
    const noPoll = { ...BOUNDS, OUTBOX_POLL_MS: 60_000, STREAM_CHECK_MS: 60_000 };
    const check = async (plan: Plan) =>
      void (await simulate({ ...plan, failureRate: 0, incidents: [] }, oneInFlightPerKey, noPoll));
    await fc.assert(
      fc.asyncProperty(plans(incidents), async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 20 },
    );
  });
});
