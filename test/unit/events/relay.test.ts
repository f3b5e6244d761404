import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { OutboxRelay, type RelayBounds } from "#lib/events/outbox/relay.ts";
import type { Place, Sending } from "#lib/events/transport/transport.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { aWhile, byKey, chances, eventOf, eventsOf } from "./simulation.ts";

const BOUNDS: RelayBounds = {
  OUTBOX_BATCH: 5,
  OUTBOX_IN_FLIGHT: 12,
  OUTBOX_POLL_MS: 2,
  OUTBOX_MARK_MS: 1,
  STREAM_CHECK_MS: 3,
  EVENT_BACKOFF_MS: 1,
  EVENT_BACKOFF_CAP_MS: 1,
};
const TOPIC = "simulation.events";
const LOOKS_UNTIL_SETTLED = 15; // far more than it takes until what was sent is not looked at again
const SIMULATIONS_AT_ONCE = 20; // they mostly wait

interface Row {
  id: number;
  event: EventEnvelope;
  sent: boolean;
}

/** The tables of a service as its relay sees them. It fails now and then, and knows what must never be marked. */
class Outbox implements Queryable {
  readonly rows: Row[] = [];
  readonly wronglyMarked: string[] = [];
  readonly writers = new Set<string>();
  /** From which ids on unsent rows were looked for. */
  lookedFrom: number[] = [];
  lastId = 0;
  place: string | undefined;
  readonly #chance: () => number;
  readonly #failures: number;
  readonly #isStored: (event: EventEnvelope) => boolean;

  constructor(chance: () => number, failures: number, isStored: (event: EventEnvelope) => boolean) {
    this.#chance = chance;
    this.#failures = failures;
    this.#isStored = isStored;
  }

  async query<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    await aWhile(this.#chance);
    if (this.#chance() < this.#failures) throw new Error("The database is away.");
    const answer = this.#run(text, values);
    await aWhile(this.#chance);
    return answer as R[];
  }

  #run(text: string, values: readonly unknown[]): object[] {
    if (text.includes("outbox_id_seq")) return [{ last: this.lastId }];
    if (text.includes("pg_locks")) return [...this.writers].map((id) => ({ id }));
    if (text.includes("sent_at IS NULL AND id >= $1")) {
      const [from, taken, limit] = values as [number, number[], number];
      this.lookedFrom.push(from);
      const unsent = this.rows
        .filter(({ id, sent }) => !sent && id >= from && !taken.includes(id))
        .sort((a, b) => a.id - b.id);
      return unsent.slice(0, limit).map(({ id, event }) => storedForm(id, event));
    }
    if (text.startsWith("UPDATE outbox SET sent_at = now()")) {
      const [ids, places] = values as [number[], string[]];
      const sent = new Set(ids.filter((_, i) => places[i] === this.place));
      const marked = this.rows.filter(({ id }) => sent.has(id));
      for (const row of marked) {
        if (!this.#isStored(row.event)) this.wronglyMarked.push(row.event.eventId);
        row.sent = true;
      }
      return marked;
    }
    if (text.startsWith("SELECT place")) return this.place === undefined ? [] : [{ place: this.place }];
    if (text.startsWith("INSERT INTO topic_place")) {
      this.place = String(values[1]);
      return [];
    }
    if (text.startsWith("WITH bite")) {
      const bite = this.rows.filter(({ id, sent }) => sent && id > Number(values[0]));
      for (const row of bite) row.sent = false;
      return [{ rows: bite.length, last: bite.reduce<number | null>((last, { id }) => Math.max(last ?? 0, id), null) }];
    }
    throw new Error(`The simulation does not know: ${text}`);
  }
}

function storedForm(id: number, e: EventEnvelope): object {
  return {
    id,
    event_id: e.eventId,
    event_type: e.eventType,
    occurred_at: new Date(e.timestamp),
    version: e.version,
    data: e.data,
    topic: e.topic,
    key: e.key,
    sequence: e.sequence,
    correlation_id: e.correlationId,
    causation_id: e.causationId,
    traceparent: e.traceparent,
    producer: e.producer,
  };
}

/** A broker: what it stored, how it fails, and that it may lose everything. One for all relays of a simulation. */
class Stream implements Sending {
  readonly onePerKey: boolean;
  stored: EventEnvelope[] = [];
  #name = 1;
  #opened = false;
  readonly #chance: () => number;
  readonly #failures: number;

  constructor(onePerKey: boolean, chance: () => number, failures: number) {
    this.onePerKey = onePerKey;
    this.#chance = chance;
    this.#failures = failures;
  }

  get name(): string {
    return String(this.#name);
  }

  lose(): void {
    this.stored = [];
    this.#name += 1;
    this.#opened = false;
  }

  async open(): Promise<Place> {
    await aWhile(this.#chance);
    if (this.#chance() < this.#failures) throw new Error("The broker is away.");
    this.#opened = true;
    return { name: this.name, intact: true };
  }

  async send(event: EventEnvelope, place: string): Promise<void> {
    const name = this.#name;
    if (this.onePerKey && (!this.#opened || place !== this.name)) throw new Error("To be opened first.");
    // A queue takes events in the order of the calls; a broker may take another order, fail, or lose its answer.
    if (!this.onePerKey) this.stored.push(event);
    await aWhile(this.#chance);
    if (!this.onePerKey) return;
    if (this.#chance() < this.#failures) throw new Error("Not stored.");
    if (name === this.#name) this.stored.push(event);
    await aWhile(this.#chance);
    if (name !== this.#name || this.#chance() < this.#failures) throw new Error("The answer is lost.");
  }
}

interface Plan {
  keys: string[];
  seed: number;
  failures: number;
  /** What happens to relays along the way, one after the other. */
  turns: ("crash" | "stop" | "second" | "lose")[];
}

const plans = (turns: readonly Plan["turns"][number][]): fc.Arbitrary<Plan[]> =>
  fc.array(
    fc.record({
      keys: fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 60 }),
      seed: fc.integer(),
      failures: fc.constantFrom(0, 0.05, 0.2),
      turns: fc.array(fc.constantFrom(...turns), { maxLength: 4 }),
    }),
    { minLength: SIMULATIONS_AT_ONCE, maxLength: SIMULATIONS_AT_ONCE },
  );

/** What a killed process still does to the world: nothing. */
class Lifeline {
  cut = false;

  db(real: Queryable): Queryable {
    return { query: (text, values) => (this.cut ? new Promise(() => {}) : real.query(text, values)) };
  }

  transport(real: Sending): Sending {
    const alive = <T>(work: () => Promise<T>) => (this.cut ? new Promise<T>(() => {}) : work());
    return {
      onePerKey: real.onePerKey,
      open: (topic) => alive(() => real.open(topic)),
      send: (event, place) => alive(() => real.send(event, place)),
    };
  }
}

async function simulate({ keys, seed, failures, turns }: Plan, onePerKey: boolean, bounds = BOUNDS) {
  const chance = chances(seed);
  const stream = new Stream(onePerKey, chance, failures);
  const everStored = new Set<EventEnvelope["eventId"]>();
  const outbox = new Outbox(
    chance,
    failures,
    ({ eventId }) => stream.stored.some((e) => e.eventId === eventId) || everStored.has(eventId),
  );
  const running: { relay: OutboxRelay; lifeline: Lifeline }[] = [];
  const begin = () => {
    const lifeline = new Lifeline();
    const events = { onError: () => {}, onResend: () => {} };
    const relay = new OutboxRelay(lifeline.db(outbox), lifeline.transport(stream), [TOPIC], events, bounds);
    relay.start();
    running.push({ relay, lifeline });
  };
  begin();
  const events = eventsOf(keys);
  const turnAt = new Map(turns.map((turn) => [Math.floor(chance() * events.length), turn]));
  const lastOfKey = new Map<string, Promise<void>>();
  for (const [i, event] of events.entries()) {
    // Ids are taken before the commit: transactions of different aggregates commit in another order.
    const row = { id: i + 1, event, sent: false };
    outbox.lastId = row.id;
    outbox.writers.add(event.eventId);
    const before = lastOfKey.get(event.key);
    const committing = (async () => {
      await before;
      await aWhile(chance);
      outbox.rows.push(row);
      outbox.writers.delete(event.eventId);
      running.at(-1)?.relay.nudge();
    })();
    lastOfKey.set(event.key, committing);
    if (chance() < 0.5) await aWhile(chance);
    await turn(turnAt.get(i));
  }
  await Promise.all(lastOfKey.values());
  await until(
    () => outbox.rows.length === events.length && outbox.rows.every(({ sent }) => sent) && outbox.place === stream.name,
  );
  for (const { relay } of running) await relay.stop();
  return { outbox, stream, events };

  async function turn(kind: Plan["turns"][number] | undefined): Promise<void> {
    const last = running.at(-1);
    if (kind === "crash" && last) {
      last.lifeline.cut = true;
      void last.relay.stop();
      running.pop();
      begin();
    }
    if (kind === "stop") {
      await last?.relay.stop();
      last?.relay.start();
    }
    if (kind === "second" && last) {
      begin(); // the former has lost its lock and does not know yet
      await sleep(1);
      running.splice(running.indexOf(last), 1);
      await last.relay.stop();
    }
    if (kind === "lose") {
      for (const { eventId } of stream.stored) everStored.add(eventId);
      stream.lose();
    }
  }
}

describe("what is sent", () => {
  const bounds = { ...BOUNDS, OUTBOX_POLL_MS: 20 };

  function open() {
    const stream = new Stream(false, () => 0, 0);
    const outbox = new Outbox(
      () => 0,
      0,
      () => true,
    );
    const relay = new OutboxRelay(outbox, stream, [TOPIC], { onError: () => {}, onResend: () => {} }, bounds);
    const commit = (id: number, event: EventEnvelope) => {
      outbox.writers.delete(event.eventId);
      outbox.rows.push({ id, event, sent: false });
    };
    const allSent = () => outbox.rows.every(({ sent }) => sent);
    const startAndSettle = () => {
      relay.start();
      return until(() => outbox.lookedFrom.length > LOOKS_UNTIL_SETTLED && allSent());
    };
    return { stream, outbox, relay, commit, allSent, startAndSettle };
  }

  test("is not waded through again for what is new", async () => {
    const { outbox, relay, commit, startAndSettle } = open();
    outbox.lastId = 50;
    for (let id = 1; id <= outbox.lastId; id++) commit(id, eventOf("a", id));
    await startAndSettle();
    outbox.lookedFrom = [];
    outbox.lastId = 51;
    commit(51, eventOf("a", 51));
    relay.nudge();
    await until(() => outbox.lookedFrom.length > 0);
    await relay.stop();
    expect(Math.max(...outbox.lookedFrom)).toBe(51);
  });

  test("does not hide what was begun before and is committed late", async () => {
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

  test("and is sent again after a while of quiet, comes before what is new", async () => {
    const { stream, outbox, relay, commit, allSent, startAndSettle } = open();
    outbox.lastId = 1;
    commit(1, eventOf("a", 1));
    await startAndSettle();
    await relay.whileQuiet(async () => {
      for (const row of outbox.rows) row.sent = false;
      outbox.lastId = 2;
      commit(2, eventOf("a", 2));
    });
    await until(allSent);
    await relay.stop();
    expect(stream.stored.map(({ sequence }) => sequence)).toEqual([1, 1, 2]);
  });

  test("and is unsent again for a reason of its own, is found by the next poll", async () => {
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

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("Some events were never marked as sent.");
    await sleep(1);
  }
}

/** Only the first time that each event was stored. */
function firsts(events: readonly EventEnvelope[]): EventEnvelope[] {
  const known = new Set<string>();
  return events.filter(({ eventId }) => !known.has(eventId) && known.add(eventId));
}

describe.each([
  {
    transport: "takes one event of a key at a time",
    onePerKey: true,
    turns: ["crash", "stop", "second"] as const,
  },
  { transport: "may lose everything", onePerKey: true, turns: ["crash", "stop", "lose"] as const },
  { transport: "keeps the order it is given", onePerKey: false, turns: ["crash", "stop"] as const },
])("a relay whose transport $transport", ({ onePerKey, turns }) => {
  test("sends every committed event, those of a key in order, and marks none before", async () => {
    const check = async (plan: Plan) => {
      const { outbox, stream, events } = await simulate(plan, onePerKey);
      expect(byKey(firsts(stream.stored))).toEqual(
        byKey(firsts(stream.stored).sort((a, b) => a.sequence - b.sequence)),
      );
      const stored = new Set(stream.stored.map(({ eventId }) => eventId));
      expect(events.filter(({ eventId }) => !stored.has(eventId))).toEqual([]);
      expect(outbox.wronglyMarked).toEqual([]);
    };
    await fc.assert(
      fc.asyncProperty(plans(turns), async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 30, endOnFailure: true }, // shrinking takes minutes, and chance decides anyway
    );
  });

  test("needs no poll as long as nothing fails", async () => {
    const patient = { ...BOUNDS, OUTBOX_POLL_MS: 60_000, STREAM_CHECK_MS: 60_000 };
    const check = async (plan: Plan) => void (await simulate({ ...plan, failures: 0, turns: [] }, onePerKey, patient));
    await fc.assert(
      fc.asyncProperty(plans(turns), async (all) => void (await Promise.all(all.map(check)))),
      { numRuns: 20 },
    );
  });
});
