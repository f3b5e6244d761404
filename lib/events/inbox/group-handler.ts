import type { EventEnvelope } from "../envelope.ts";

/** One delivery of an event. `settle` is called once: when the event was applied, was a duplicate, or is a dead letter. */
export interface Delivery {
  event: EventEnvelope;
  settle(): void;
}

/** What a group does with its events. `apply` and `deadLetter` each run one transaction. */
export interface GroupHandler {
  /**
   * Applies events in their order, all or none; events that were applied before are left out.
   * @param attempt 1 for the first attempt
   * @param lockTimeoutMs how long to wait for rows that another transaction has locked
   */
  apply(events: readonly EventEnvelope[], attempt: number, lockTimeoutMs: number): Promise<void>;
  /** Stores an event as a dead letter. */
  deadLetter(event: EventEnvelope, error: unknown, attempts: number): Promise<void>;
  /** Whether an event has an effect on the group. One that has none is settled at once, without a transaction. */
  concerns?(event: EventEnvelope): boolean;
  /** Whether nothing depends on an event soon, so that it can wait for the next batch. */
  canWait?(event: EventEnvelope): boolean;
  /** For fail points before and after the acknowledgement, where there are any. */
  reachFailPoint?(boundary: "before-ack" | "after-ack", events: readonly EventEnvelope[]): Promise<void>;
  isOutage(error: unknown): boolean;
  /** Whether another transaction has locked rows that these events need. */
  isBusy(error: unknown): boolean;
  /** @param event undefined when the group's database is away */
  onError(event: EventEnvelope | undefined, error: unknown, attempt: number): void;
}

/** The bounds of a queue: batch size, attempts, time-outs and back-off. */
export type GroupBounds = Record<
  | "GROUP_BATCH"
  | "EVENT_ATTEMPTS"
  | "EVENT_BACKOFF_MS"
  | "EVENT_BACKOFF_CAP_MS"
  | "EVENT_OUTAGE_BACKOFF_MS"
  | "EVENT_LOCK_TIMEOUT_MS"
  | "EVENT_LOCK_RETRY_MS"
  | "EVENT_WAIT_MS",
  number
>;
