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
  OUTBOX_MARK_MS: 1,
  STREAM_CHECK_MS: 3,
  EVENT_BACKOFF_MS: 1,
  EVENT_BACKOFF_CAP_MS: 1,
};
const WITHIN_MS = 10_000;

/** `second`: another relay starts although the first one has not stopped yet, as when its lock was lost unnoticed. */
export type Incident = "crash" | "stop" | "second" | "lose";

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
      readUnsent: (query) => alive(() => store.readUnsent(query)),
      readEnd: () => alive(() => store.readEnd()),
      markSent: (rows) => alive(() => store.markSent(rows)),
      markUnsent: (topic, range) => alive(() => store.markUnsent(topic, range)),
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

/** Publishes the events of a plan, through all its incidents. */
export async function simulate(
  { keys, seed, failureRate, incidents }: Plan,
  oneInFlightPerKey: boolean,
  bounds = BOUNDS,
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
  for (const [i, event] of events.entries()) {
    // The id is taken before the commit, so transactions of different keys commit in another order than that of their ids.
    const id = i + 1;
    outbox.lastId = id;
    outbox.writers.add(event.eventId);
    const before = lastOfKey.get(event.key);
    const committing = (async () => {
      await before;
      await someTurns(chance);
      outbox.rows.push({ id, event, sent: false });
      outbox.writers.delete(event.eventId);
      running.at(-1)?.relay.nudge();
    })();
    lastOfKey.set(event.key, committing);
    if (chance() < 0.5) await someTurns(chance);
    await happen(incidentAt.get(i));
  }
  await Promise.all(lastOfKey.values());
  await until(
    () =>
      outbox.rows.length === events.length && outbox.rows.every(({ sent }) => sent) && outbox.streamId === stream.id,
  );
  for (const { relay } of running) await relay.stop();
  return { outbox, stream, events };

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
    if (incident === "lose") {
      for (const { eventId } of stream.stored) lost.add(eventId);
      stream.lose();
    }
  }
}

/** @throws Error when a condition does not become true in time */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("Some events were never marked as sent.");
    await sleep(1);
  }
}
