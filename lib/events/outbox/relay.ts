import { setTimeout as pause } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import type { EventPublisher } from "../transport/transport.ts";
import { OutboxCursor } from "./outbox-cursor.ts";
import type { OutboxRow, OutboxStore, SentRow } from "./outbox-port.ts";
import { type ResendListener, TopicStreams } from "./topic-streams.ts";

/** Events of one key that were read while an earlier one was being published. */
interface KeyQueue {
  waiting: OutboxRow[];
  /**
   * An event of this key failed. All that wait are read from the outbox again, because none may overtake it. The queue
   * stays until the next read begins: the current read may have left out the event that failed.
   */
  failed: boolean;
}

export interface RelayListener {
  /** Is called at most once per `EVENT_BACKOFF_CAP_MS`, because an outage makes every event fail. */
  onError(error: unknown): void;
  onResend: ResendListener;
}

/** The bounds of a relay: batch sizes, intervals and back-off. */
export type RelayBounds = Record<
  | "OUTBOX_BATCH"
  | "OUTBOX_IN_FLIGHT"
  | "OUTBOX_POLL_MS"
  | "OUTBOX_MARK_MS"
  | "STREAM_CHECK_MS"
  | "EVENT_BACKOFF_MS"
  | "EVENT_BACKOFF_CAP_MS",
  number
>;

/**
 * Publishes one service's outbox, in order. A nudge wakes it right after each commit; a slow poll finds what a lost nudge
 * has missed. A row is marked as sent only when the publisher has confirmed the event. Therefore, a crash sends some
 * events twice and never loses one.
 */
export class OutboxRelay {
  readonly #store: OutboxStore;
  readonly #publisher: EventPublisher;
  readonly #streams: TopicStreams;
  readonly #listener: RelayListener;
  readonly #bounds: RelayBounds;
  readonly #cursor: OutboxCursor;
  /** Ids of rows that were read, and neither marked as sent nor returned to the outbox. */
  readonly #inFlight = new Set<number>();
  readonly #publishing = new Set<Promise<void>>();
  /** By key; only for publishers that take one event of a key at a time. */
  readonly #keyQueues = new Map<string, KeyQueue>();
  #sent: SentRow[] = [];
  #full = false;
  #marking: Promise<void> | undefined;
  #run: Promise<void> | undefined;
  #nudged = false;
  #poll: NodeJS.Timeout | undefined;
  #active = false;
  /** Number of callers of `whilePaused` that wait or work. */
  #pauses = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** @param topics on which the service publishes; others are added when an event has one */
  constructor(
    store: OutboxStore,
    publisher: EventPublisher,
    topics: readonly string[],
    listener: RelayListener,
    bounds: RelayBounds = limits,
  ) {
    this.#store = store;
    this.#publisher = publisher;
    this.#listener = listener;
    this.#bounds = bounds;
    this.#cursor = new OutboxCursor(store);
    this.#streams = new TopicStreams(store, publisher, topics, (topic, count) => listener.onResend(topic, count));
  }

  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#streams.suspectLoss();
    this.#poll = setInterval(() => this.#readFromStart(), this.#bounds.OUTBOX_POLL_MS);
    this.#readFromStart();
  }

  #readFromStart(): void {
    this.#cursor.readFromStart();
    this.nudge();
  }

  /** Call it when events were committed. */
  nudge(): void {
    if (!this.#active || this.#pauses > 0) return;
    this.#nudged = true;
    this.#run ??= this.#readAndPublish().finally(() => {
      this.#run = undefined;
      if (this.#nudged) this.nudge(); // nudged after the last read had begun
    });
  }

  /** Runs some work while nothing is in flight, and goes on afterwards. */
  async whilePaused<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses += 1;
    try {
      await this.#run;
      await this.#drained();
      return await work();
    } finally {
      this.#pauses -= 1;
      this.#cursor.reset();
      this.nudge();
    }
  }

  /** Sends nothing new, and resolves when nothing is in flight. */
  async stop(): Promise<void> {
    this.#active = false;
    clearInterval(this.#poll);
    await this.#run;
    await this.#drained();
  }

  async #readAndPublish(): Promise<void> {
    while (this.#nudged && this.#active && this.#pauses === 0) {
      this.#nudged = false;
      try {
        await this.#streams.checkAfter(this.#bounds.STREAM_CHECK_MS);
        if (this.#streams.mayHaveLost) await this.#reconcileStreams();
        await this.#publishUnsent();
      } catch (error) {
        this.#report(error);
        await pause(this.#bounds.EVENT_BACKOFF_MS); // otherwise each commit would repeat the failing call during an outage
      }
    }
  }

  async #reconcileStreams(): Promise<void> {
    await this.#drained();
    this.#cursor.reset();
    await this.#streams.reconcile();
  }

  async #drained(): Promise<void> {
    while (this.#publishing.size > 0) await Promise.all(this.#publishing);
    await this.#marking;
  }

  async #publishUnsent(): Promise<void> {
    this.#returnFailedQueues();
    const limit = Math.min(this.#bounds.OUTBOX_BATCH, this.#bounds.OUTBOX_IN_FLIGHT - this.#inFlight.size);
    this.#full = limit <= 0; // when rows in flight are marked, `#markAll` nudges again
    if (this.#full) return;
    const read = await this.#cursor.beginRead();
    const rows = await this.#store.readUnsent({ fromId: read.fromId, inFlight: [...this.#inFlight], limit });
    if (!this.#active) return; // the relay of another node may already send them
    this.#nudged ||= rows.length === limit;
    // A service may publish on a topic of another service: its stream is reconciled first.
    if (this.#streams.add(rows.map(({ event }) => event.topic))) this.#nudged = true;
    else for (const row of rows) this.#accept(row);
    read.finish(this.#inFlight);
  }

  #returnFailedQueues(): void {
    for (const [key, { failed, waiting }] of this.#keyQueues) {
      if (!failed) continue;
      for (const { id } of waiting) this.#inFlight.delete(id);
      this.#keyQueues.delete(key);
    }
  }

  #accept(row: OutboxRow): void {
    this.#inFlight.add(row.id);
    this.#cursor.noteRead(row.id);
    if (!this.#publisher.oneInFlightPerKey) {
      this.#publish(row, undefined);
      return;
    }
    const queue = this.#keyQueues.get(keyOf(row));
    if (queue) {
      queue.waiting.push(row);
      return;
    }
    const newQueue: KeyQueue = { waiting: [], failed: false };
    this.#keyQueues.set(keyOf(row), newQueue);
    this.#publish(row, newQueue);
  }

  #publish(row: OutboxRow, queue: KeyQueue | undefined): void {
    const streamId = this.#streams.idOf(row.event.topic);
    const publishing = this.#publisher.publish(row.event, streamId).then(
      () => this.#published(row, streamId, queue),
      (error: unknown) => {
        this.#inFlight.delete(row.id);
        if (queue) queue.failed = true;
        this.#streams.suspectLoss();
        this.#report(error);
      },
    );
    this.#publishing.add(publishing);
    void publishing.finally(() => this.#publishing.delete(publishing));
  }

  #published(row: OutboxRow, streamId: string, queue: KeyQueue | undefined): void {
    this.#sent.push({ id: row.id, streamId });
    this.#mark();
    if (!queue) return;
    if (!this.#active || this.#streams.mayHaveLost) {
      queue.failed = true;
      return;
    }
    const next = queue.waiting.shift();
    if (next) this.#publish(next, queue);
    else this.#keyQueues.delete(keyOf(row));
  }

  #mark(): void {
    this.#marking ??= this.#markAll().finally(() => {
      this.#marking = undefined;
      if (this.#sent.length > 0) this.#mark();
    });
  }

  async #markAll(): Promise<void> {
    while (this.#sent.length > 0) {
      await pause(this.#bounds.OUTBOX_MARK_MS);
      const rows = this.#sent;
      this.#sent = [];
      try {
        if (!(await this.#store.markSent(rows))) this.#streams.suspectLoss(); // another node has opened another stream
      } catch (error) {
        this.#report(error); // the rows stay unsent and are sent again; the inboxes discard the duplicates
      }
      for (const { id } of rows) this.#inFlight.delete(id);
      if (this.#full) this.nudge();
    }
  }

  #report(error: unknown): void {
    if (performance.now() - this.#reportedAt < this.#bounds.EVENT_BACKOFF_CAP_MS) return;
    this.#reportedAt = performance.now();
    this.#listener.onError(error);
  }
}

function keyOf({ event }: OutboxRow): string {
  return `${event.topic}/${event.key}`;
}
