import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { OutboxRelay } from "#lib/events/outbox/relay.ts";
import { InMemoryOutbox } from "./in-memory-outbox.ts";
import { BOUNDS, type Incident, type Plan, simulate, TOPIC, until } from "./relay-simulation.ts";
import { SimulatedStream } from "./simulated-stream.ts";
import { byKey, eventOf, eventsOf } from "./simulation.ts";

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
  const bounds = { ...BOUNDS, OUTBOX_POLL_MS: 20, OUTBOX_IDLE_POLL_MS: 40 };

  function open() {
    const never = () => 0;
    const stream = new SimulatedStream(false, never, 0);
    const outbox = new InMemoryOutbox(never, 0, () => true);
    const relay = new OutboxRelay(outbox, stream, [TOPIC], { onError: () => {}, onResend: () => {} }, bounds);
    const commit = (id: number, event: EventEnvelope) => {
      outbox.writers.delete(event.eventId);
      outbox.rows.push({ id, event });
    };
    const stored = () => stream.stored.map(({ sequence }) => sequence);
    const start = () => {
      relay.start();
      return until(() => outbox.asked.length > 0 && outbox.allPassed);
    };
    return { stream, outbox, relay, commit, stored, start };
  }

  test("sends nothing again that was sent before it stopped", async () => {
    const { outbox, relay, commit, stored, start } = open();
    commit(1, eventOf("a", 1));
    commit(2, eventOf("a", 2));
    await start();
    await relay.stop();
    commit(3, eventOf("a", 3));
    relay.start();
    await until(() => outbox.allPassed);
    await relay.stop();
    expect(stored()).toEqual([1, 2, 3]);
  });

  test("sends the events of a commit of its own process without reading them", async () => {
    const { outbox, relay, commit, stored, start } = open();
    commit(1, eventOf("a", 1));
    await start();
    const reads = outbox.asked.length;
    for (let id = 2; id <= 9; id++) {
      commit(id, eventOf("a", id));
      relay.nudge([{ id, event: eventOf("a", id) }]);
    }
    expect(stored()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(outbox.asked.length).toBe(reads);
    await relay.stop();
    expect(outbox.position.sentTo).toBe(9);
  });

  test("reads before it sends an event of its own process that may follow on one that it has not seen", async () => {
    const { relay, commit, stored, start } = open();
    commit(1, eventOf("a", 1));
    await start();
    commit(2, eventOf("a", 2)); // on another node
    commit(3, eventOf("a", 3));
    relay.nudge([{ id: 3, event: eventOf("a", 3) }]);
    await until(() => stored().length === 3);
    expect(stored()).toEqual([1, 2, 3]);
    await relay.stop();
  });

  test("sends an event with a low id that is committed after events with higher ids were sent", async () => {
    const { stream, outbox, relay, commit } = open();
    const [slow, next] = eventsOf(["slow", "slow"]) as [EventEnvelope, EventEnvelope];
    outbox.writers.set(slow.eventId, 1);
    for (let id = 2; id <= 50; id++) commit(id, eventOf("a", id));
    relay.start();
    await until(() => outbox.asked.length > 15); // polled many times
    expect(outbox.position.sentTo).toBe(0);
    commit(1, slow);
    commit(51, next);
    relay.nudge();
    await until(() => outbox.allPassed);
    await relay.stop();
    expect(stream.stored.slice(-2)).toEqual([slow, next]);
  });

  test("passes the id of a transaction that was rolled back, and only when it is", async () => {
    const { outbox, relay, commit } = open();
    outbox.writers.set("rolls back", 1);
    commit(2, eventOf("a", 1));
    relay.start();
    await until(() => outbox.asked.length > 15);
    expect(outbox.position.sentTo).toBe(0);
    outbox.writers.delete("rolls back");
    await until(() => outbox.position.sentTo === 2);
    await relay.stop();
    expect(outbox.wronglyPassed).toEqual([]);
  });

  test("sends events again before new ones when the position was moved back during a pause", async () => {
    const { outbox, relay, commit, stored, start } = open();
    commit(1, eventOf("a", 1));
    await start();
    await relay.whilePaused(async () => {
      await outbox.moveBack();
      commit(2, eventOf("a", 2));
    });
    await until(() => outbox.allPassed);
    await relay.stop();
    expect(stored()).toEqual([1, 1, 2]);
  });

  test("notices at its next poll that something else has moved the position back, and does not save its own", async () => {
    const { outbox, relay, commit, stored, start } = open();
    commit(1, eventOf("a", 1));
    await start();
    await outbox.moveBack();
    await until(() => stored().length === 2 && outbox.allPassed);
    await relay.stop();
    expect(stored()).toEqual([1, 1]);
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
  test("sends every committed event, those of a key in order, and passes none before it is stored", async () => {
    const check = async (plan: Plan) => {
      const { outbox, stream, events } = await simulate(plan, oneInFlightPerKey);
      expect(byKey(firstStored(stream.stored))).toEqual(
        byKey(firstStored(stream.stored).sort((a, b) => a.sequence - b.sequence)),
      );
      const stored = new Set(stream.stored.map(({ eventId }) => eventId));
      expect(events.filter(({ eventId }) => !stored.has(eventId))).toEqual([]);
      expect(outbox.wronglyPassed).toEqual([]);
    };
    await fc.assert(
      fc.asyncProperty(plans(incidents), async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 30, endOnFailure: true }, // shrinking takes minutes and finds little, because the timing is random
    );
  });

  test("needs no poll as long as nothing fails", async () => {
    const never = 60_000;
    const bounds = { ...BOUNDS, OUTBOX_POLL_MS: never, OUTBOX_IDLE_POLL_MS: never, STREAM_CHECK_MS: never };
    const check = async (plan: Plan) =>
      void (await simulate({ ...plan, failureRate: 0, incidents: [] }, oneInFlightPerKey, { bounds, polls: false }));
    await fc.assert(
      fc.asyncProperty(plans(incidents), async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 20 },
    );
  });
});

test("a relay sends every event again that a stream has lost unnoticed, once the position was moved back", async () => {
  const check = async (plan: Plan) => {
    const { outbox, stream, events } = await simulate(plan, true);
    const stored = new Set(stream.stored.map(({ eventId }) => eventId));
    expect(events.filter(({ eventId }) => !stored.has(eventId))).toEqual([]);
    expect(outbox.wronglyPassed).toEqual([]);
  };
  await fc.assert(
    fc.asyncProperty(plans(["crash", "stop", "purge"]), async (all) => void (await Promise.all(all.map(check)))),
    { numRuns: 20, endOnFailure: true },
  );
});
