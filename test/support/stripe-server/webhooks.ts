import { createHmac } from "node:crypto";
import type { Delivery, Store } from "./store.ts";

/** Where events are sent to, and the secret that signs them. */
export interface Endpoint {
  url: string;
  secret: string;
}

const AT_ONCE = 16; // deliveries under way
const FIRST_RETRY_MS = 20; // doubled with each further one
const LAST_RETRY_MS = 1_000;
const ANSWER_MS = 10_000;

/** Stripe's signature of a body: https://docs.stripe.com/webhooks/signature */
export function signatureOf(body: string, secret: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}

/**
 * Sends the stored events to the shop, each until it is answered with 2xx, in no certain order, as Stripe does. What is not
 * sent yet is sent by the next server that is opened with the same file.
 */
export class Webhooks {
  readonly #store: Store;
  readonly #endpoint: Endpoint | undefined;
  readonly #now: () => Date;
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #resting = new Map<number, NodeJS.Timeout>();
  readonly #stop = new AbortController();
  #isHeld = false;

  constructor(store: Store, endpoint: Endpoint | undefined, now: () => Date) {
    this.#store = store;
    this.#endpoint = endpoint;
    this.#now = now;
  }

  /** Nothing is sent until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Sends what was held. @param copies how often each event is delivered */
  release({ reversed = false, copies = 1 }: { reversed?: boolean; copies?: number } = {}): void {
    const held = this.#store.deliveries();
    if (reversed || copies > 1) {
      for (const { deliveryId } of held) this.#store.endDelivery(deliveryId);
      for (const { eventId } of reversed ? held.reverse() : held) {
        for (let copy = 0; copy < copies; copy++) this.#store.addDelivery(eventId);
      }
    }
    this.#isHeld = false;
    this.nudge();
  }

  /** Begins to send what is stored and not under way. */
  nudge(): void {
    if (this.#isHeld || !this.#endpoint || this.#stop.signal.aborted) return;
    if (this.#underWay.size >= AT_ONCE) return;
    // Among so many, there are enough that are neither under way nor resting.
    for (const delivery of this.#store.deliveries(AT_ONCE + this.#resting.size)) {
      if (this.#underWay.size >= AT_ONCE) return;
      const { deliveryId } = delivery;
      if (this.#underWay.has(deliveryId) || this.#resting.has(deliveryId)) continue;
      const sending = this.#send(delivery, this.#endpoint).finally(() => {
        this.#underWay.delete(deliveryId);
        this.nudge();
      });
      this.#underWay.set(deliveryId, sending);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#resting.values()) clearTimeout(timer);
    await Promise.all(this.#underWay.values());
  }

  async #send({ deliveryId, eventId, attempts }: Delivery, { url, secret }: Endpoint): Promise<void> {
    const event = this.#store.find("event", eventId);
    const body = JSON.stringify(event, null, 2);
    this.#store.countAttempt(deliveryId);
    if (await this.#post(url, body, signatureOf(body, secret, this.#now()))) {
      this.#store.endDelivery(deliveryId);
      return;
    }
    if (this.#stop.signal.aborted) return;
    const pauseMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts);
    const timer = setTimeout(() => {
      this.#resting.delete(deliveryId);
      this.nudge();
    }, pauseMs);
    this.#resting.set(deliveryId, timer);
  }

  async #post(url: string, body: string, signature: string): Promise<boolean> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
        body,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false; // the shop is away; Stripe tries again
    }
  }
}
