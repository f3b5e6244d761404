import { setTimeout as pause } from "node:timers/promises";
import type { ConsumerMessages, JsMsg } from "nats";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import type { Group } from "../transport/transport.ts";
import { envelopeOf, typeOf } from "./message-format.ts";

const TRIES_UNTIL_LOGGED = 6; // 3 seconds: the service that makes the stream may be starting

/** What a partition consumer needs of the connection. */
export interface PartitionSource {
  log: Log;
  /** Waits for the connection. Delivery begins with the first message that was not acknowledged. */
  open(group: Group, partition: number, topic: string, deliver: (message: JsMsg) => void): Promise<ConsumerMessages>;
  /** Resolves when the server has processed everything that was sent so far. */
  flush(): Promise<void>;
}

/**
 * The time between opening a partition's consumer and closing it. Messages of an earlier session are not acknowledged any
 * more: the next session gets them again, and in a stream that was made again their sequences belong to other messages.
 */
interface ConsumerSession {
  open: boolean;
  /** Stream sequences of the messages that are in the group's queue. */
  readonly queued: Set<number>;
}

/** Consumes one partition of one group while this node holds the partition's lock. */
export class PartitionConsumer {
  readonly group: Group;
  readonly number: number;
  readonly #source: PartitionSource;
  readonly #lockName: string;
  #wanted = false;
  #lockRequested = false;
  #changing: Promise<void> = Promise.resolve();
  readonly #open = new Set<ConsumerMessages>();
  #owned = false;
  /** Counts the times that consuming began or ended, so that the loops of an earlier ownership end. */
  #epoch = 0;

  constructor(group: Group, number: number, source: PartitionSource) {
    this.group = group;
    this.number = number;
    this.#source = source;
    this.#lockName = `partition-${number}`;
  }

  /** Requests the partition's lock or releases it. Changes are made one after the other, because each takes a while. */
  setWanted(wanted: boolean): Promise<void> {
    this.#wanted = wanted;
    this.#changing = this.#changing.then(() => this.#requestOrRelease());
    return this.#changing;
  }

  /** The connection was lost, and with it the messages in flight: the consumers are opened again. */
  reopen(): void {
    for (const messages of this.#open) void messages.close();
  }

  /** The group was rewound: drops what was delivered so far, and opens the consumers of the new position. */
  restart(): void {
    if (!this.#owned) return;
    this.#end();
    this.#begin();
  }

  async #requestOrRelease(): Promise<void> {
    if (this.#wanted === this.#lockRequested) return;
    this.#lockRequested = this.#wanted;
    if (this.#lockRequested) {
      this.group.locks.request(this.#lockName, { onAcquired: () => this.#begin(), onLost: () => this.#end() });
      return;
    }
    this.#end();
    await this.#source.flush(); // otherwise a pull request of this node could get messages of the next owner
    await this.group.locks.release(this.#lockName);
  }

  #begin(): void {
    this.#owned = true;
    const epoch = ++this.#epoch;
    for (const topic of this.group.topics.keys()) void this.#consume(topic, epoch);
  }

  #end(): void {
    this.#owned = false;
    this.#epoch += 1;
    this.reopen();
  }

  /** Consumes one topic's partition until the ownership ends; opens the consumer again after each failure. */
  async #consume(topic: string, epoch: number): Promise<void> {
    const { log } = this.#source;
    const facts = { group: this.group.name, topic, partition: this.number };
    let tries = 0;
    while (this.#epoch === epoch) {
      try {
        const failure = await this.#consumeOnce(topic, epoch, () => {
          if (tries >= TRIES_UNTIL_LOGGED) log.info("A partition is consumed again.", facts);
          tries = 0;
        });
        if (failure) throw failure;
      } catch (error) {
        tries += 1;
        if (tries === TRIES_UNTIL_LOGGED)
          log.warn("A partition cannot be consumed; it is tried again.", { ...facts, reason: String(error) });
      }
      if (this.#epoch === epoch) await pause(limits.EVENT_OUTAGE_BACKOFF_MS);
    }
  }

  /** @returns the error that ended the session, if there was one */
  async #consumeOnce(topic: string, epoch: number, onOpen: () => void): Promise<Error | undefined> {
    const session: ConsumerSession = { open: true, queued: new Set() };
    const deliver = (message: JsMsg) => {
      if (session.open && this.#epoch === epoch) this.#deliver(message, topic, session);
    };
    const messages = await this.#source.open(this.group, this.number, topic, deliver);
    this.#open.add(messages);
    try {
      if (this.#epoch === epoch) onOpen();
      else void messages.close();
      return (await messages.closed()) || undefined;
    } finally {
      session.open = false;
      this.#open.delete(messages);
    }
  }

  #deliver(message: JsMsg, topic: string, session: ConsumerSession): void {
    const { seq } = message;
    if (session.queued.has(seq)) return; // delivered again after ACK_WAIT_MS, while it still is in the queue
    if (!this.group.topics.get(topic)?.has(typeOf(message.subject))) {
      acknowledge(message);
      return;
    }
    const event = envelopeOf(message, topic);
    session.queued.add(seq);
    const settle = () => {
      session.queued.delete(seq);
      if (session.open) acknowledge(message);
    };
    this.group.queue.push({ event, settle });
  }
}

/** Never throws: a message that is not acknowledged is delivered again, and the inbox discards the duplicate. */
function acknowledge(message: JsMsg): void {
  try {
    message.ack();
  } catch {} // the connection is closed
}
