import { setTimeout as pause } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import type { EventPublisher } from "../transport/transport.ts";
import { OutboxCursor } from "./outbox-cursor.ts";
import type { OutboxRow, OutboxStore } from "./outbox-port.ts";
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
  | "OUTBOX_IDLE_POLL_MS"
  | "OUTBOX_SAVE_ROWS"
  | "STREAM_CHECK_MS"
  | "EVENT_BACKOFF_MS"
  | "EVENT_BACKOFF_CAP_MS",
  number
>;

/**
 * Publishes one service's outbox, in order. A nudge wakes it right after each commit, with the events if this process has
 * committed them; a slow poll finds what a lost nudge has missed. A row counts as sent only when the publisher has confirmed
 * the event, and the position is saved now and then. Therefore, a crash sends some events twice and never loses one.
 */
export class OutboxRelay {
  readonly #publisher: EventPublisher;
  readonly #streams: TopicStreams;
  readonly #listener: RelayListener;
  readonly #bounds: RelayBounds;
  readonly #cursor: OutboxCursor;
  readonly #publishing = new Set<Promise<void>>();
  /** By key; only for publishers that take one event of a key at a time. */
  readonly #keyQueues = new Map<string, KeyQueue>();
  /** Number of events that were published since the position was last saved. */
  #unsaved = 0;
  #saving: Promise<void> | undefined;
  #full = false;
  #run: Promise<void> | undefined;
  #nudged = false;
  /** Whether the next read also ends gaps. */
  #polled = false;
  #poll: NodeJS.Timeout | undefined;
  #pollMs = 0;
  #active = false;
  /** Another process may have moved the position, or sent events since this relay was stopped. */
  #moved = false;
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
    this.#publisher = publisher;
    this.#listener = listener;
    this.#bounds = bounds;
    this.#cursor = new OutboxCursor(store);
    this.#streams = new TopicStreams(store, publisher, topics, (topic, count) => listener.onResend(topic, count));
  }

  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#moved = true;
    this.#streams.suspectLoss();
    this.nudge();
    this.#pollAfter(this.#bounds.OUTBOX_POLL_MS);
  }

  #pollAfter(ms: number): void {
    clearTimeout(this.#poll);
    this.#pollMs = ms;
    this.#poll = setTimeout(() => {
      this.#polled = true;
      void this.#save();
      this.nudge();
      this.#pollAfter(Math.min(2 * ms, this.#bounds.OUTBOX_IDLE_POLL_MS));
    }, ms);
  }

  /** Call it while there is something that only a poll continues: saving, ending gaps, and what has failed. */
  #pollSoon(): void {
    if (this.#active && this.#pollMs > this.#bounds.OUTBOX_POLL_MS) this.#pollAfter(this.#bounds.OUTBOX_POLL_MS);
  }

  /** Call it when events were committed. @param committed they, in the order of their ids, if this process knows them */
  nudge(committed: readonly OutboxRow[] = []): void {
    if (!this.#active || this.#pauses > 0) return;
    if (committed.length > 0 && this.#takes(committed)) {
      for (const row of committed) this.#accept(row);
      this.#pollSoon();
      return;
    }
    this.#nudged = true;
    this.#run ??= this.#readAndPublish().finally(() => {
      this.#run = undefined;
      if (this.#nudged) this.nudge(); // nudged after the last read had begun
    });
  }

  /** Whether rows that were just committed need not be read, because nothing that was committed before them is unread. */
  #takes(rows: readonly OutboxRow[]): boolean {
    return (
      !this.#run &&
      !this.#streams.mayHaveLost &&
      this.#streams.include(rows) &&
      this.#cursor.inFlight + rows.length <= this.#bounds.OUTBOX_IN_FLIGHT &&
      this.#cursor.isNext(rows)
    );
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
    clearTimeout(this.#poll);
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
    // After a mere failure the cursor still knows what is sent behind the position, so that this is not sent again.
    if (this.#moved) this.#cursor.reset();
    this.#moved = false;
    await this.#streams.reconcile();
  }

  async #drained(): Promise<void> {
    while (this.#publishing.size > 0) await Promise.all(this.#publishing);
    await this.#saving;
    await this.#save();
  }

  async #publishUnsent(): Promise<void> {
    this.#returnFailedQueues();
    this.#full = !this.#hasRoom(); // then `#published` nudges again
    if (this.#full) return;
    const polled = this.#polled;
    this.#polled = false;
    const rows = await this.#cursor.read(this.#bounds.OUTBOX_BATCH, polled);
    if (!this.#active) return; // the relay of another node may already send them
    if (!rows) {
      this.#nudgeAfterMove();
      return;
    }
    if (rows.length > 0 || this.#cursor.hasGaps) this.#pollSoon();
    this.#nudged ||= rows.length === this.#bounds.OUTBOX_BATCH;
    // A service may publish on a topic of another service: its stream is reconciled first.
    if (this.#streams.add(rows)) this.#nudged = true;
    else for (const row of rows) this.#accept(row);
  }

  #hasRoom(): boolean {
    return this.#cursor.inFlight + this.#bounds.OUTBOX_BATCH <= this.#bounds.OUTBOX_IN_FLIGHT;
  }

  /** The position was moved back. Streams are compared, too, because that may have been the reason. */
  #nudgeAfterMove(): void {
    this.#moved = true;
    this.#streams.suspectLoss();
    this.nudge();
  }

  #returnFailedQueues(): void {
    for (const [key, { failed, waiting }] of this.#keyQueues) {
      if (!failed) continue;
      for (const { id } of waiting) this.#cursor.giveBack(id);
      this.#keyQueues.delete(key);
    }
  }

  #accept(row: OutboxRow): void {
    this.#cursor.take(row.id);
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
      () => this.#published(row, queue),
      (error: unknown) => {
        this.#cursor.giveBack(row.id);
        if (queue) queue.failed = true;
        this.#streams.suspectLoss();
        this.#report(error);
      },
    );
    this.#publishing.add(publishing);
    void publishing.finally(() => this.#publishing.delete(publishing));
  }

  #published(row: OutboxRow, queue: KeyQueue | undefined): void {
    this.#cursor.settle(row.id);
    this.#unsaved += 1;
    if (this.#unsaved >= this.#bounds.OUTBOX_SAVE_ROWS) void this.#save();
    if (this.#full && this.#hasRoom()) this.nudge();
    if (!queue) return;
    if (!this.#active || this.#streams.mayHaveLost) {
      queue.failed = true;
      return;
    }
    const next = queue.waiting.shift();
    if (next) this.#publish(next, queue);
    else this.#keyQueues.delete(keyOf(row));
  }

  /** A position that is not saved only has some events sent twice; the inboxes discard the duplicates. */
  #save(): Promise<void> {
    this.#unsaved = 0;
    this.#saving ??= this.#cursor
      .save()
      .then(
        (saved) => {
          if (!saved) this.#nudgeAfterMove();
        },
        (error: unknown) => this.#report(error),
      )
      .finally(() => {
        this.#saving = undefined;
      });
    return this.#saving;
  }

  #report(error: unknown): void {
    this.#pollSoon();
    if (performance.now() - this.#reportedAt < this.#bounds.EVENT_BACKOFF_CAP_MS) return;
    this.#reportedAt = performance.now();
    this.#listener.onError(error);
  }
}

function keyOf({ event }: OutboxRow): string {
  return `${event.topic}/${event.key}`;
}
