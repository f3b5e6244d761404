import { limits } from "../../config/limits.ts";
import type { Queryable } from "../database.ts";
import { markSent, type OutboxRow, readUnsent } from "./outbox.ts";
import type { EventTransport } from "./transport.ts";

/**
 * Sends one service's outbox on, in order. It wakes by a nudge right after a commit and, should nudges be lost, by a
 * slow poll. A row is marked only when the transport has taken the event for good, so a crash sends some events twice
 * and never loses one.
 */
export class OutboxRelay {
  readonly #db: Queryable;
  readonly #transport: EventTransport;
  readonly #onError: (error: unknown) => void;
  readonly #inFlight = new Map<number, string>();
  readonly #busyKeys = new Set<string>();
  #sent: number[] = [];
  #marking: Promise<void> | undefined;
  #pass: Promise<void> | undefined;
  #again = false;
  #poll: NodeJS.Timeout | undefined;
  #active = false;

  constructor(db: Queryable, transport: EventTransport, onError: (error: unknown) => void) {
    this.#db = db;
    this.#transport = transport;
    this.#onError = onError;
  }

  start(): void {
    if (this.#active) return;
    this.#active = true;
    this.#poll = setInterval(() => this.nudge(), limits.OUTBOX_POLL_MS);
    this.nudge();
  }

  /** Something was committed. */
  nudge(): void {
    if (!this.#active) return;
    this.#again = true;
    this.#pass ??= this.#run().finally(() => {
      this.#pass = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#active = false;
    clearInterval(this.#poll);
    await this.#pass;
    await this.#marking;
    if (this.#sent.length > 0) await markSent(this.#db, this.#sent).catch(this.#onError);
    this.#sent = [];
  }

  async #run(): Promise<void> {
    while (this.#again && this.#active) {
      this.#again = false;
      try {
        await this.#sendUnsent();
      } catch (error) {
        this.#onError(error); // the poll comes back to it
      }
    }
  }

  async #sendUnsent(): Promise<void> {
    const room = Math.min(limits.OUTBOX_BATCH, limits.OUTBOX_IN_FLIGHT - this.#inFlight.size);
    if (room <= 0) return; // settling the ones in flight nudges again
    const rows = await readUnsent(this.#db, [...this.#inFlight.keys()], room);
    for (const row of rows) this.#send(row);
    if (rows.length === room) this.#again = true;
  }

  #send({ id, event }: OutboxRow): void {
    const key = `${event.topic}/${event.key}`;
    if (this.#transport.onePerKey) {
      // The transport could fail one event and take the next, so the next waits for its turn.
      if (this.#busyKeys.has(key)) return;
      this.#busyKeys.add(key);
    }
    this.#inFlight.set(id, key);
    this.#transport.send(event).then(
      () => this.#settled(id, key),
      (error: unknown) => {
        this.#inFlight.delete(id);
        this.#busyKeys.delete(key);
        this.#onError(error);
      },
    );
  }

  #settled(id: number, key: string): void {
    const freed = this.#busyKeys.delete(key) || this.#inFlight.size >= limits.OUTBOX_IN_FLIGHT;
    this.#sent.push(id);
    this.#marking ??= this.#mark().finally(() => {
      this.#marking = undefined;
    });
    if (freed) this.nudge();
  }

  async #mark(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, limits.OUTBOX_MARK_MS));
    const ids = this.#sent;
    this.#sent = [];
    try {
      await markSent(this.#db, ids);
    } catch (error) {
      this.#onError(error); // they are sent again after this; the inboxes know them
    }
    for (const id of ids) this.#inFlight.delete(id);
    if (this.#sent.length > 0) await this.#mark();
  }
}
