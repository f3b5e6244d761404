import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { failPoints, type Scope } from "#lib/fault-injection/fail-points.ts";
import type { Log } from "#lib/log.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import { isBusy } from "#lib/sql/sql-state.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { EventEnvelope } from "../envelope.ts";
import type { Group } from "../transport/transport.ts";
import { type EventFailure, noteFailedRetry, takeDeadLetter, writeDeadLetters } from "./dead-letters.ts";
import { type EventConsumer, EventRoutes } from "./event-routes.ts";
import { GroupQueue } from "./group-queue.ts";
import { recordInInbox, updateAppliedAt } from "./inbox.ts";
import { type GroupPosition, positionOf } from "./rewind.ts";

/** Counters of a group's work. */
export type GroupCounter = "redelivered" | "retried" | "dead_lettered";

/** What a group itself needs of the context that it hands to its consumers. */
interface GroupContext {
  cause: Cause;
  log: Log;
}

/** Events that carry the trace context of the spans that were started for them. */
export interface TracedEvents {
  events: readonly EventEnvelope[];
  /** Ends the spans. @param error if the events could not be applied */
  finish(error?: unknown): void;
}

/** Starts one span for each event. */
export type ConsumerSpans = (events: readonly EventEnvelope[]) => TracedEvents;

export interface GroupOptions<Context extends GroupContext> {
  /** The name of the service. */
  name: string;
  consumers: readonly EventConsumer<Context>[];
  db: Database;
  context: Context;
  count: (counter: GroupCounter, events: number) => void;
  /** Absent while tracing is off. */
  spans?: ConsumerSpans | undefined;
}

/** Makes the consumer group of a service; the backbone adds its locks. */
export async function consumerGroup<Context extends GroupContext>(
  options: GroupOptions<Context>,
): Promise<ConsumerGroup<Context>> {
  return new ConsumerGroup(options, await positionOf(options.db, options.name));
}

/**
 * The consumer group of one service. One transaction applies events and records them in the inbox, so an event that is
 * delivered twice is applied once. An event that this node cannot read becomes a dead letter in the same transaction:
 * a further attempt could not read it either, and the other events of the batch are applied regardless.
 */
export class ConsumerGroup<Context extends GroupContext> implements Omit<Group, "locks"> {
  readonly name: string;
  readonly topics: ReadonlyMap<string, ReadonlySet<string>>;
  readonly queue: GroupQueue;
  position: GroupPosition;
  readonly #options: GroupOptions<Context>;
  readonly #routes: EventRoutes<Context>;

  constructor(options: GroupOptions<Context>, position: GroupPosition) {
    const { name, consumers } = options;
    this.name = name;
    this.#routes = new EventRoutes(consumers);
    this.topics = this.#routes.topics;
    this.position = position;
    this.#options = options;
    const points = failPoints;
    this.queue = new GroupQueue({
      isOutage,
      isBusy,
      concerns: (event) => this.#routes.concerns(event),
      canWait: (event) => this.#routes.canWait(event),
      apply: (events, attempt, lockTimeoutMs) => this.#apply(events, attempt, lockTimeoutMs),
      ...(points ? { reachFailPoint: async (boundary, events) => points.reach(boundary, scopeOf(name, events)) } : {}),
      deadLetter: (event, error, attempts) => this.#deadLetter({ event, error, attempts }),
      onError: (event, error, attempt) => this.#logError(event, error, attempt),
    });
  }

  readPosition(): Promise<GroupPosition> {
    return positionOf(this.#options.db, this.name);
  }

  /**
   * Applies a dead letter and removes it, in one transaction.
   * @returns whether there was one
   * @throws what its consumers throw; the dead letter then stays, with the new error
   */
  async retryDeadLetter(eventId: string): Promise<boolean> {
    const { db, context } = this.#options;
    try {
      return await db.transaction(context.cause, async (tx) => {
        const deadLetter = await takeDeadLetter(tx, this.name, eventId);
        if (!deadLetter) return false;
        const { event, attempts } = deadLetter;
        const reason = this.#routes.incompatibility(event);
        if (reason !== undefined) throw new Error(reason);
        updateAppliedAt(tx, this.name, eventId);
        await this.#applyTraced(tx, [event], attempts + 1);
        return true;
      });
    } catch (error) {
      if (!isOutage(error)) await noteFailedRetry(db, this.name, eventId, error);
      throw error;
    }
  }

  #apply(events: readonly EventEnvelope[], attempt: number, lockTimeoutMs: number): Promise<void> {
    const { db, context, count } = this.#options;
    const points = failPoints;
    const scope = points && scopeOf(this.name, events);
    return db.consume(
      context.cause,
      async (tx) => {
        if (scope) await points.reach("before-inbox", scope);
        const fresh = await recordInInbox(tx, this, events, lockTimeoutMs);
        if (scope) await points.reach("after-inbox", scope);
        const { readable, failures } = this.#splitByReadability(fresh, attempt);
        if (failures.length > 0) await writeDeadLetters(tx, this.name, failures);
        await this.#applyTraced(tx, readable, attempt);
        tx.afterCommit(() => {
          for (const failure of failures) this.#reportDeadLetter(failure);
          if (fresh.length < events.length) count("redelivered", events.length - fresh.length);
        });
      },
      scope,
    );
  }

  async #applyTraced(tx: Transaction, events: readonly EventEnvelope[], attempt: number): Promise<void> {
    const ctx = { ...this.#options.context, tx, attempt };
    const traced = this.#options.spans?.(events);
    if (!traced) return this.#routes.apply(ctx, events);
    try {
      await this.#routes.apply(ctx, traced.events);
      traced.finish();
    } catch (error) {
      traced.finish(error);
      throw error;
    }
  }

  #splitByReadability(events: readonly EventEnvelope[], attempts: number) {
    const readable: EventEnvelope[] = [];
    const failures: EventFailure[] = [];
    for (const event of events) {
      const error = this.#routes.incompatibility(event);
      if (error === undefined) readable.push(event);
      else failures.push({ event, error, attempts });
    }
    return { readable, failures };
  }

  async #deadLetter(failure: EventFailure): Promise<void> {
    const { db, context } = this.#options;
    const deadLettered = await db.consume(context.cause, async (tx) => {
      const [fresh] = await recordInInbox(tx, this, [failure.event], limits.EVENT_LOCK_TIMEOUT_MS);
      if (fresh) await writeDeadLetters(tx, this.name, [failure]);
      return fresh !== undefined; // when a partition changes its owner, the other node may have applied it
    });
    if (deadLettered) this.#reportDeadLetter(failure);
  }

  #reportDeadLetter({ event, error, attempts }: EventFailure): void {
    const { context, count } = this.#options;
    count("dead_lettered", 1);
    const { eventId, eventType: type } = event;
    context.log.error("An event is dead-lettered.", { event: eventId, type, attempts, reason: String(error) });
  }

  #logError(event: EventEnvelope | undefined, error: unknown, attempt: number): void {
    const { context, count } = this.#options;
    if (event) count("retried", 1);
    context.log.warn(event ? "An event failed; it is tried again." : "Events wait until an outage has ended.", {
      event: event?.eventId,
      type: event?.eventType,
      attempt,
      reason: String(error),
    });
  }
}

/** The scope of a batch of events, for fail points. */
function scopeOf(group: string, events: readonly EventEnvelope[]): Scope {
  return new Set(events.map(({ eventType }) => `${group}.${eventType}`));
}
