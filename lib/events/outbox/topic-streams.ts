import { limits } from "#config/limits.ts";
import type { EventPublisher, StreamIdentity } from "../transport/transport.ts";
import type { OutboxRow, OutboxStore } from "./outbox-port.ts";

/** Receives the number of events of a topic that are sent again, because its stream is another one or has lost some. */
export type ResendListener = (topic: string, count: number) => void;

/**
 * The streams of the topics on which one relay publishes. It compares the stream of each topic with the one to which its
 * events were sent before, and has the events that the stream does not hold sent again.
 */
export class TopicStreams {
  readonly #store: OutboxStore;
  readonly #publisher: EventPublisher;
  readonly #onResend: ResendListener;
  readonly #topics: Set<string>;
  /** Stream ids by topic, as of the last reconciliation. */
  readonly #ids = new Map<string, string>();
  /** Topics whose stream has lost events; kept here because the publisher reports a loss only once. */
  readonly #incomplete = new Set<string>();
  #mayHaveLost = true;
  #checkedAt = 0;

  constructor(store: OutboxStore, publisher: EventPublisher, topics: readonly string[], onResend: ResendListener) {
    this.#store = store;
    this.#publisher = publisher;
    this.#topics = new Set(topics);
    this.#onResend = onResend;
  }

  /** Whether a stream may have lost events since the last reconciliation; until the next one, nothing may be sent. */
  get mayHaveLost(): boolean {
    return this.#mayHaveLost;
  }

  /** Something failed, and a lost stream may be the reason. */
  suspectLoss(): void {
    this.#mayHaveLost = true;
  }

  idOf(topic: string): string {
    return this.#ids.get(topic) ?? "";
  }

  /** Whether the topics of all rows are known. */
  include(rows: readonly OutboxRow[]): boolean {
    return rows.every(({ event }) => this.#topics.has(event.topic));
  }

  /** Adds the topics of rows. @returns whether one of them is new: then a reconciliation must come before it is used */
  add(rows: readonly OutboxRow[]): boolean {
    if (this.include(rows)) return false;
    for (const { event } of rows) this.#topics.add(event.topic);
    this.#mayHaveLost = true;
    return true;
  }

  /** Looks for a stream that was lost while nothing was sent, at most once per `intervalMs`. */
  async checkAfter(intervalMs: number): Promise<void> {
    if (this.#mayHaveLost || performance.now() - this.#checkedAt <= intervalMs) return;
    for (const topic of this.#topics) {
      const { id } = await this.#open(topic);
      if (id !== this.#ids.get(topic) || this.#incomplete.has(topic)) this.#mayHaveLost = true;
    }
    this.#checkedAt = performance.now();
  }

  /** Nothing may be in flight meanwhile: only then each event is either in the stream that is opened or behind the position. */
  async reconcile(): Promise<void> {
    for (const topic of this.#topics) {
      const { id } = await this.#open(topic);
      const count = await reconcileStream(this.#store, topic, { id, intact: !this.#incomplete.has(topic) });
      this.#incomplete.delete(topic);
      this.#ids.set(topic, id);
      if (count > 0) this.#onResend(topic, count);
    }
    this.#checkedAt = performance.now();
    this.#mayHaveLost = false;
  }

  async #open(topic: string): Promise<StreamIdentity> {
    const stream = await this.#publisher.open(topic);
    if (!stream.intact) this.#incomplete.add(topic);
    return stream;
  }
}

/**
 * Has the events sent again that the stream of a topic may not hold: all of them when the stream is another one than
 * before, the latest when it has lost its tail. Inboxes make it harmless to send too many.
 * @returns the number of events
 */
async function reconcileStream(store: OutboxStore, topic: string, stream: StreamIdentity): Promise<number> {
  if ((await store.streamOf(topic)) === stream.id)
    return stream.intact ? 0 : store.moveBack({ sentWithinMinutes: limits.STREAM_TAIL_MINUTES });
  const count = await store.moveBack();
  await store.setStream(topic, stream.id);
  return count;
}
