import { setTimeout as pause } from "node:timers/promises";
import type { ConsumerMessages, JsMsg } from "nats";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import type { Group } from "../transport/transport.ts";
import { envelopeOf, typeOf } from "./wire.ts";

const TRIES_UNTIL_SAID = 6; // 3 seconds: the service whose stream it is may just be starting

/** What a partition needs of the connection. */
export interface Pulling {
  log: Log;
  /** Waits for the connection, and begins with the first message that nobody acknowledged. */
  open(group: Group, partition: number, topic: string, deliver: (message: JsMsg) => void): Promise<ConsumerMessages>;
  /** Resolves when the server knows that what was closed here is closed. */
  flush(): Promise<void>;
}

/**
 * One opening of a partition's consumer. Messages of an earlier one are not acknowledged any more: the next opening
 * gets them again, and their numbers may mean others in a stream that was made anew.
 */
interface Opening {
  live: boolean;
  /** Stream sequences of the messages that wait in the group's queue. */
  readonly queued: Set<number>;
}

/** One partition of one group: consumed here while its lock is held here. */
export class OwnedPartition {
  readonly group: Group;
  readonly number: number;
  readonly #pulling: Pulling;
  readonly #lockName: string;
  #wanted = false;
  #pursued = false;
  #changing: Promise<void> = Promise.resolve();
  readonly #open = new Set<ConsumerMessages>();
  #owned = false;
  /** Counts ownerships, so that what an earlier one left behind ends. */
  #epoch = 0;

  constructor(group: Group, number: number, pulling: Pulling) {
    this.group = group;
    this.number = number;
    this.#pulling = pulling;
    this.#lockName = `partition-${number}`;
  }

  /** Takes part in the race for this partition, or leaves it: one change after the other, for each takes a while. */
  want(wanted: boolean): Promise<void> {
    this.#wanted = wanted;
    this.#changing = this.#changing.then(() => this.#change());
    return this.#changing;
  }

  /** The connection was lost: messages that were on their way are lost with it, so the consumers begin again. */
  reopen(): void {
    for (const messages of this.#open) void messages.close();
  }

  /** The group begins somewhere else: what was delivered so far does not count, and its consumers are opened anew. */
  restart(): void {
    if (!this.#owned) return;
    this.#end();
    this.#begin();
  }

  async #change(): Promise<void> {
    if (this.#wanted === this.#pursued) return;
    this.#pursued = this.#wanted;
    if (this.#pursued) {
      this.group.locks.request(this.#lockName, { onAcquired: () => this.#begin(), onLost: () => this.#end() });
      return;
    }
    this.#end();
    await this.#pulling.flush(); // the next owner must not share a message with a request of ours
    await this.group.locks.release(this.#lockName);
  }

  #begin(): void {
    this.#owned = true;
    const epoch = ++this.#epoch;
    for (const topic of this.group.topics.keys()) void this.#pull(topic, epoch);
  }

  #end(): void {
    this.#owned = false;
    this.#epoch += 1;
    this.reopen();
  }

  /** Pulls one topic's partition until the ownership ends, through any failure of the stream or the connection. */
  async #pull(topic: string, epoch: number): Promise<void> {
    const { log } = this.#pulling;
    const facts = { group: this.group.name, topic, partition: this.number };
    let tries = 0;
    while (this.#epoch === epoch) {
      try {
        const ended = await this.#pullOnce(topic, epoch, () => {
          if (tries >= TRIES_UNTIL_SAID) log.info("A partition flows again.", facts);
          tries = 0;
        });
        if (ended) throw ended;
      } catch (error) {
        tries += 1;
        if (tries === TRIES_UNTIL_SAID)
          log.warn("A partition waits for its stream.", { ...facts, reason: String(error) });
      }
      if (this.#epoch === epoch) await pause(limits.EVENT_OUTAGE_BACKOFF_MS);
    }
  }

  /** @returns why it ended, if for a reason */
  async #pullOnce(topic: string, epoch: number, onOpen: () => void): Promise<Error | undefined> {
    const opening: Opening = { live: true, queued: new Set() };
    const deliver = (message: JsMsg) => {
      if (opening.live && this.#epoch === epoch) this.#deliver(message, topic, opening);
    };
    const messages = await this.#pulling.open(this.group, this.number, topic, deliver);
    this.#open.add(messages);
    try {
      if (this.#epoch === epoch) onOpen();
      else void messages.close();
      return (await messages.closed()) || undefined;
    } finally {
      opening.live = false;
      this.#open.delete(messages);
    }
  }

  #deliver(message: JsMsg, topic: string, opening: Opening): void {
    const { seq } = message;
    if (opening.queued.has(seq)) return; // sent again because the queue is slow: it is in there
    if (!this.group.topics.get(topic)?.has(typeOf(message.subject))) {
      acknowledge(message);
      return;
    }
    const event = envelopeOf(message, topic);
    opening.queued.add(seq);
    const settle = () => {
      opening.queued.delete(seq);
      if (opening.live) acknowledge(message);
    };
    this.group.queue.push({ event, settle });
  }
}

/** Never fails: what is not acknowledged comes again, and the inbox knows it. */
function acknowledge(message: JsMsg): void {
  try {
    message.ack();
  } catch {} // the connection is closed
}
