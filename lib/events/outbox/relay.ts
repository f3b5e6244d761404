import { setTimeout as pause } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Place, Sending } from "../transport/transport.ts";
import { markSent, type OutboxRow, readUnsent, type SentRow, settleIn } from "./outbox.ts";
import { OutboxCursor } from "./outbox-cursor.ts";

/** Events of one aggregate that were read while an earlier one was on its way. */
interface Line {
  waiting: OutboxRow[];
  /**
   * One of them failed, so all go back into the outbox: none may overtake it. The line stays until the next read begins,
   * because the read under way may have left out the one that failed.
   */
  broken: boolean;
}

/** What may be said about the relay's work: each at most once per `EVENT_BACKOFF_CAP_MS`. */
export interface RelayEvents {
  onError(error: unknown): void;
  /** The place where a topic's events are kept is new or has lost some: they are sent again. */
  onResend(topic: string, count: number): void;
}

/** How many at once, how soon again. */
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
 * Sends one service's outbox on, in order. It wakes by a nudge right after a commit and, should nudges be lost, by a
 * slow poll. A row is marked only when the transport has taken the event for good, so a crash sends some events twice
 * and never loses one.
 */
export class OutboxRelay {
  readonly #db: Queryable;
  readonly #transport: Sending;
  readonly #topics: Set<string>;
  readonly #events: RelayEvents;
  readonly #bounds: RelayBounds;
  readonly #floor: OutboxCursor;
  /** Rows read and neither marked nor given back. */
  readonly #taken = new Set<number>();
  readonly #onTheirWay = new Set<Promise<void>>();
  /** By aggregate; for transports that take one at a time. */
  readonly #lines = new Map<string, Line>();
  #sent: SentRow[] = [];
  /** Whether the transport may have lost something since it was last asked. */
  #unsure = true;
  /** What it said then, by topic. */
  readonly #places = new Map<string, string>();
  readonly #torn = new Set<string>();
  #checkedAt = 0;
  #full = false;
  #marking: Promise<void> | undefined;
  #pass: Promise<void> | undefined;
  #again = false;
  #poll: NodeJS.Timeout | undefined;
  #active = false;
  /** How many wait for quiet, or have it. */
  #quiet = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** @param topics that the service publishes on */
  constructor(
    db: Queryable,
    transport: Sending,
    topics: readonly string[],
    events: RelayEvents,
    bounds: RelayBounds = limits,
  ) {
    this.#db = db;
    this.#floor = new OutboxCursor(db);
    this.#bounds = bounds;
    this.#transport = transport;
    this.#topics = new Set(topics);
    this.#events = events;
  }

  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#unsure = true;
    this.#poll = setInterval(() => this.#lookWhole(), this.#bounds.OUTBOX_POLL_MS);
    this.#lookWhole();
  }

  #lookWhole(): void {
    this.#floor.lookWhole();
    this.nudge();
  }

  /** Something was committed. */
  nudge(): void {
    if (!this.#active || this.#quiet > 0) return;
    this.#again = true;
    this.#pass ??= this.#run().finally(() => {
      this.#pass = undefined;
      if (this.#again) this.nudge(); // nudged after the last look
    });
  }

  /** Does something while nothing is on its way; then goes on. */
  async whileQuiet<T>(work: () => Promise<T>): Promise<T> {
    this.#quiet += 1;
    try {
      await this.#pass;
      await this.#drained();
      return await work();
    } finally {
      this.#quiet -= 1;
      this.#floor.forget();
      this.nudge();
    }
  }

  /** Sends nothing new, and resolves when what is on its way has ended. */
  async stop(): Promise<void> {
    this.#active = false;
    clearInterval(this.#poll);
    await this.#pass;
    await this.#drained();
  }

  async #run(): Promise<void> {
    while (this.#again && this.#active && this.#quiet === 0) {
      this.#again = false;
      try {
        if (!this.#unsure && performance.now() - this.#checkedAt > this.#bounds.STREAM_CHECK_MS) await this.#check();
        if (this.#unsure) await this.#makeSure();
        await this.#sendUnsent();
      } catch (error) {
        this.#report(error);
        await pause(this.#bounds.EVENT_BACKOFF_MS); // a nudge comes with every commit, the end of an outage does not
      }
    }
  }

  /** A stream may be lost while nothing is sent. */
  async #check(): Promise<void> {
    for (const topic of this.#topics) {
      const { name } = await this.#open(topic);
      if (name !== this.#places.get(topic) || this.#torn.has(topic)) this.#unsure = true;
    }
    this.#checkedAt = performance.now();
  }

  /** Nothing is on its way meanwhile, so that every event is either in the place that is looked at or sent again. */
  async #makeSure(): Promise<void> {
    await this.#drained();
    this.#floor.forget();
    for (const topic of this.#topics) {
      const { name } = await this.#open(topic);
      const count = await settleIn(this.#db, topic, { name, intact: !this.#torn.has(topic) });
      this.#torn.delete(topic);
      this.#places.set(topic, name);
      if (count > 0) this.#events.onResend(topic, count);
    }
    this.#checkedAt = performance.now();
    this.#unsure = false;
  }

  async #open(topic: string): Promise<Place> {
    const place = await this.#transport.open(topic);
    if (!place.intact) this.#torn.add(topic); // it says so once
    return place;
  }

  async #drained(): Promise<void> {
    while (this.#onTheirWay.size > 0) await Promise.all(this.#onTheirWay);
    await this.#marking;
  }

  async #sendUnsent(): Promise<void> {
    this.#giveBack();
    const room = Math.min(this.#bounds.OUTBOX_BATCH, this.#bounds.OUTBOX_IN_FLIGHT - this.#taken.size);
    this.#full = room <= 0; // marking the ones in flight nudges again
    if (this.#full) return;
    const look = await this.#floor.look();
    const rows = await readUnsent(this.#db, { from: look.from, inFlight: [...this.#taken], limit: room });
    if (!this.#active) return; // another node may be sending them already
    this.#again ||= rows.length === room;
    if (this.#knowsTopics(rows)) for (const row of rows) this.#take(row);
    look.end(this.#taken);
  }

  /** A service may publish on another's topic: the place for it is looked at first. */
  #knowsTopics(rows: readonly OutboxRow[]): boolean {
    const count = this.#topics.size;
    for (const { event } of rows) this.#topics.add(event.topic);
    if (this.#topics.size === count) return true;
    this.#unsure = true;
    this.#again = true;
    return false;
  }

  #giveBack(): void {
    for (const [key, { broken, waiting }] of this.#lines) {
      if (!broken) continue;
      for (const { id } of waiting) this.#taken.delete(id);
      this.#lines.delete(key);
    }
  }

  #take(row: OutboxRow): void {
    this.#taken.add(row.id);
    this.#floor.took(row.id);
    const key = keyOf(row);
    const line = this.#lines.get(key);
    if (line) line.waiting.push(row);
    else if (!this.#transport.onePerKey) this.#send(row, undefined);
    else {
      // The transport could fail one event and take the next, so the next waits for its turn.
      const first: Line = { waiting: [], broken: false };
      this.#lines.set(key, first);
      this.#send(row, first);
    }
  }

  #send(row: OutboxRow, line: Line | undefined): void {
    const place = this.#places.get(row.event.topic) ?? "";
    const sending = this.#transport.send(row.event, place).then(
      () => this.#settled(row, place, line),
      (error: unknown) => {
        this.#taken.delete(row.id);
        if (line) line.broken = true;
        this.#unsure = true;
        this.#report(error);
      },
    );
    this.#onTheirWay.add(sending);
    void sending.finally(() => this.#onTheirWay.delete(sending));
  }

  #settled(row: OutboxRow, place: string, line: Line | undefined): void {
    this.#sent.push({ id: row.id, place });
    this.#mark();
    if (!line) return;
    if (!this.#active || this.#unsure) line.broken = true;
    else {
      const next = line.waiting.shift();
      if (next) this.#send(next, line);
      else this.#lines.delete(keyOf(row));
    }
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
        if (!(await markSent(this.#db, rows))) this.#unsure = true; // another node knows of another place
      } catch (error) {
        this.#report(error); // they are sent again after this; the inboxes know them
      }
      for (const { id } of rows) this.#taken.delete(id);
      if (this.#full) this.nudge();
    }
  }

  #report(error: unknown): void {
    if (performance.now() - this.#reportedAt < this.#bounds.EVENT_BACKOFF_CAP_MS) return; // an outage fails them all
    this.#reportedAt = performance.now();
    this.#events.onError(error);
  }
}

function keyOf({ event }: OutboxRow): string {
  return `${event.topic}/${event.key}`;
}
