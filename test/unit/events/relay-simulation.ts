import { setTimeout as sleep } from "node:timers/promises";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import type { OutboxStore } from "#lib/events/outbox/outbox-port.ts";
import { OutboxRelay, type RelayBounds } from "#lib/events/outbox/relay.ts";
import type { EventPublisher } from "#lib/events/transport/transport.ts";
import { InMemoryOutbox } from "./in-memory-outbox.ts";
import { SimulatedStream } from "./simulated-stream.ts";
import { chances, eventsOf, someTurns } from "./simulation.ts";

export const TOPIC = "simulation.events";
export const BOUNDS: RelayBounds = {
  OUTBOX_BATCH: 5,
  OUTBOX_IN_FLIGHT: 12,
  OUTBOX_POLL_MS: 2,
  OUTBOX_IDLE_POLL_MS: 4,
  OUTBOX_SAVE_ROWS: 3,
  STREAM_CHECK_MS: 3,
  EVENT_BACKOFF_MS: 1,
  EVENT_BACKOFF_CAP_MS: 1,
};
const WITHIN_MS = 10_000;
const ROLLBACK_RATE = 0.1;

/**
 * `second`: another relay starts although the first one has not stopped yet, as when its lock was lost unnoticed.
 * `purge`: the stream loses its events unnoticed, and something else moves the position back.
 */
export type Incident = "crash" | "stop" | "second" | "lose" | "purge";

export interface Plan {
  keys: string[];
  seed: number;
  failureRate: number;
  /** What happens along the way, one after the other. */
  incidents: Incident[];
}

/** A process that can be killed: from then on it gets no answer, and nothing that it does has an effect. */
class Process {
  readonly relay: OutboxRelay;
  #killed = false;

  constructor(store: OutboxStore, publisher: EventPublisher, bounds: RelayBounds) {
    const alive = <T>(work: () => Promise<T>) => (this.#killed ? new Promise<T>(() => {}) : work());
    const mortalStore: OutboxStore = {
      read: (ranges, limit) => alive(() => store.read(ranges, limit)),
      openWriters: () => alive(() => store.openWriters()),
      savePosition: (position) => alive(() => store.savePosition(position)),
      moveBack: (range) => alive(() => store.moveBack(range)),
      streamOf: (topic) => alive(() => store.streamOf(topic)),
      setStream: (topic, streamId) => alive(() => store.setStream(topic, streamId)),
    };
    const mortalPublisher: EventPublisher = {
      oneInFlightPerKey: publisher.oneInFlightPerKey,
      open: (topic) => alive(() => publisher.open(topic)),
      publish: (event, streamId) => alive(() => publisher.publish(event, streamId)),
    };
    const listener = { onError: () => {}, onResend: () => {} };
    this.relay = new OutboxRelay(mortalStore, mortalPublisher, [TOPIC], listener, bounds);
    this.relay.start();
  }

  kill(): void {
    this.#killed = true;
    void this.relay.stop();
  }
}

/**
 * Publishes the events of a plan, through all its incidents. The relay gets half of the events when they are committed, as
 * from a transaction of its own process, and has to read the others.
 * @param polls whether the relay polls while the simulation lasts; otherwise its position is saved when it stops
 */
export async function simulate(
  { keys, seed, failureRate, incidents }: Plan,
  oneInFlightPerKey: boolean,
  { bounds = BOUNDS, polls = true }: { bounds?: RelayBounds; polls?: boolean } = {},
): Promise<{ outbox: InMemoryOutbox; stream: SimulatedStream; events: EventEnvelope[] }> {
  const chance = chances(seed);
  const stream = new SimulatedStream(oneInFlightPerKey, chance, failureRate);
  const lost = new Set<string>();
  const isStored = ({ eventId }: EventEnvelope) =>
    stream.stored.some((e) => e.eventId === eventId) || lost.has(eventId);
  const outbox = new InMemoryOutbox(chance, failureRate, isStored);
  const running: Process[] = [];
  const start = () => running.push(new Process(outbox, stream, bounds));
  start();
  const events = eventsOf(keys);
  const incidentAt = new Map(incidents.map((incident) => [Math.floor(chance() * events.length), incident]));
  const lastOfKey = new Map<string, Promise<void>>();
  const rollbacks: Promise<void>[] = [];
  let lastId = 0;
  const takeId = (writer: string) => {
    lastId += 1;
    outbox.writers.set(writer, lastId);
    return lastId;
  };
  for (const [i, event] of events.entries()) {
    if (chance() < ROLLBACK_RATE) rollbacks.push(rollBack(`rolled back ${i}`));
    // The id is taken before the commit, so transactions of different keys commit in another order than that of their ids.
    const id = takeId(event.eventId);
    const before = lastOfKey.get(event.key);
    const committing = (async () => {
      await before;
      await someTurns(chance);
      outbox.rows.push({ id, event });
      outbox.writers.delete(event.eventId);
      if (chance() < 0.5) await someTurns(chance); // its process hears of the commit later
      running.at(-1)?.relay.nudge(chance() < 0.5 ? [{ id, event }] : []);
    })();
    lastOfKey.set(event.key, committing);
    if (chance() < 0.5) await someTurns(chance);
    await happen(incidentAt.get(i));
  }
  await Promise.all([...lastOfKey.values(), ...rollbacks]);
  const allStored = () => {
    const stored = new Set(stream.stored.map(({ eventId }) => eventId));
    return events.every(({ eventId }) => stored.has(eventId)) && outbox.streamId === stream.id;
  };
  await until(() => (!polls || outbox.allPassed) && allStored());
  for (const { relay } of running) await relay.stop();
  return { outbox, stream, events };

  async function rollBack(writer: string): Promise<void> {
    takeId(writer);
    await someTurns(chance);
    outbox.writers.delete(writer);
  }

  async function happen(incident: Incident | undefined): Promise<void> {
    const last = running.at(-1);
    if (incident === "crash" && last) {
      last.kill();
      running.pop();
      start();
    }
    if (incident === "stop") {
      await last?.relay.stop();
      last?.relay.start();
    }
    if (incident === "second" && last) {
      start();
      await sleep(1);
      running.splice(running.indexOf(last), 1);
      await last.relay.stop();
    }
    if (incident === "lose" || incident === "purge") {
      for (const { eventId } of stream.stored) lost.add(eventId);
      if (incident === "lose") stream.lose();
      else stream.stored = [];
    }
    while (incident === "purge") {
      if (
        await outbox.moveBack().then(
          () => true,
          () => false,
        )
      )
        break;
    }
  }
}

/** @throws Error when a condition does not become true in time */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("Some events were never sent.");
    await sleep(1);
  }
}
