import { type Objects, type StripeEvent, stripeId } from "./shapes.ts";
import type { Store } from "./store.ts";

type EventType = StripeEvent["type"];

/** One account at Stripe: what it keeps, its clock, and the events that it tells its owner. */
export class Account {
  readonly store: Store;
  readonly now: () => Date;
  /** What Stripe keeps of a charge; nothing unless a test says so. */
  feeOf: (amount: number) => number = () => 0;

  constructor(store: Store, now: () => Date) {
    this.store = store;
    this.now = now;
  }

  /** Seconds since 1970, as Stripe tells times. */
  get seconds(): number {
    return Math.floor(this.now().getTime() / 1_000);
  }

  /** Stores an event about an object as it is now; it is sent after the commit. */
  emit<K extends keyof Objects>(type: EventType, object: Objects[K]): void {
    const event: StripeEvent = {
      id: stripeId("evt"),
      object: "event",
      api_version: "2026-10-28.endive",
      created: this.seconds,
      data: { object: structuredClone(object) },
      livemode: false,
      pending_webhooks: 1,
      request: null,
      type,
    };
    this.store.save("event", event);
    this.store.addDelivery(event.id);
  }

  saveIntent(intent: Objects["payment_intent"], ...told: EventType[]): void {
    this.store.save("payment_intent", intent, intent.customer);
    for (const type of told) this.emit(type, intent);
  }

  saveCharge(charge: Objects["charge"], ...told: EventType[]): void {
    this.store.save("charge", charge, charge.payment_intent);
    for (const type of told) this.emit(type, charge);
  }
}
