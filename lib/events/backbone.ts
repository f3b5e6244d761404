import { setTimeout as pause } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import { type FailPoints, failPoints } from "#lib/fault-injection/fail-points.ts";
import type { Log } from "#lib/log.ts";
import { AdvisoryLocks, type NamedLocks } from "#lib/sql/advisory-locks.ts";
import type { Database } from "#lib/sql/database.ts";
import { lockScope } from "#lib/sql/lock-keys.ts";
import type { EventEnvelope } from "./envelope.ts";
import { markResent } from "./inbox/rewind.ts";
import type { OutboxRow, OutboxStore } from "./outbox/outbox-port.ts";
import { PostgresOutboxStore } from "./outbox/outbox-store.ts";
import { OutboxRelay } from "./outbox/relay.ts";
import type { EventPublisher, EventTransport, Group, Intake } from "./transport/transport.ts";

const RELAY_LOCK = "outbox-relay";

/** Adds the fail points of one service's events. A fail point can fail one event of a key and let the next one pass. */
function withFailPoints(transport: EventTransport, service: string, points: FailPoints): EventPublisher {
  return {
    oneInFlightPerKey: true,
    open: (topic) => transport.open(topic),
    async publish(event: EventEnvelope, streamId: string) {
      const scope = `${service}.${event.eventType}`;
      await points.reach("before-publish", scope);
      await transport.publish(event, streamId);
      await points.reach("after-publish", scope);
    },
  };
}

/** What the backbone runs for one service. */
interface ServiceEvents {
  db: Database;
  outbox: PostgresOutboxStore;
  relay: OutboxRelay;
  locks: NamedLocks;
}

/**
 * The events of one node: a relay for each service that publishes, which is active on one node at a time, and the groups
 * of the services that consume events.
 */
export class Backbone {
  readonly #logger: (name: string) => Log;
  readonly #transport: EventTransport;
  readonly #services = new Map<string, ServiceEvents>();
  readonly #groups: Group[] = [];
  readonly #intakes: Intake[] = [];
  #endIntakes: (() => Promise<void>)[] = [];
  /** One connection for each database, by its URL. */
  readonly #locks = new Map<string, AdvisoryLocks>();
  #stopping = false;

  constructor(logger: (name: string) => Log, transport: EventTransport) {
    this.#logger = logger;
    this.#transport = transport;
  }

  /**
   * Adds a service and its outbox.
   * @param topics on which it publishes
   * @param group that consumes events, if it has consumers
   * @returns the locks of the service's database; its jobs use them, too
   */
  add(service: string, db: Database, topics: readonly string[], group?: Omit<Group, "locks">): NamedLocks {
    const logger = this.#logger(`events/${service}`);
    const publisher = failPoints ? withFailPoints(this.#transport, service, failPoints) : this.#transport;
    const outbox = new PostgresOutboxStore(db);
    const relay = new OutboxRelay(outbox, publisher, topics, {
      onError: (reason) =>
        logger.warn("Publishing from the outbox failed; it is tried again.", { reason: String(reason) }),
      onResend: (topic, events) =>
        logger.warn("Events that the stream may have lost are sent again.", { topic, events }),
    });
    const locks = this.#locksOf(db);
    this.#services.set(service, { db, outbox, relay, locks });
    if (group) this.#groups.push(Object.assign(group, { locks }));
    return locks;
  }

  /** Adds a subject on which others publish to a service. It is taken from when events flow, if the transport has subjects. */
  addIntake(intake: Intake): void {
    this.#intakes.push(intake);
  }

  #locksOf({ place: { database, schema } }: Database): NamedLocks {
    const locks = this.#locks.get(database) ?? new AdvisoryLocks(database);
    this.#locks.set(database, locks);
    return locks.within(lockScope(schema));
  }

  /** The consumer group of a service of this node, if it has one. */
  group(service: string): Group | undefined {
    return this.#groups.find(({ name }) => name === service);
  }

  /** The number of events that a group has not settled yet; undefined while the broker does not answer. */
  async lag(group: Group): Promise<number | undefined> {
    const answer = this.#transport.lag(group).catch(() => undefined);
    return Promise.race([answer, pause(limits.PUBLISH_TIMEOUT_MS, undefined, { ref: false })]);
  }

  /**
   * Rewinds a group, and has its events delivered again.
   * @param commitRewind rewinds it in one transaction of the group's database. Its parameter is false when the outboxes
   * still have to send the events again after the commit, and true when the transport delivers them again by itself.
   */
  async rewind<T>(group: Group, commitRewind: (resent: boolean) => Promise<T>): Promise<T> {
    const { retainsEvents } = this.#transport;
    const rewind = async () => {
      const result = await commitRewind(retainsEvents);
      await this.#transport.refreshPosition(group);
      if (!retainsEvents) await this.#resend(group);
      return result;
    };
    if (retainsEvents) return rewind();
    // All relays are paused meanwhile, so that no new event reaches the group before those that are replayed.
    const relays = [...this.#services.values()].map(({ relay }) => relay);
    return relays.reduce((work, relay) => () => relay.whilePaused(work), rewind)();
  }

  /**
   * Has all outboxes send the events of a rewound group again. It waits for databases that are away, because no newer
   * event may reach the group before.
   */
  async #resend(group: Group): Promise<void> {
    while (!this.#stopping) {
      try {
        const { since } = group.position;
        for (const { outbox } of this.#services.values()) {
          if (await hasSentOn(outbox, group.topics.keys())) await outbox.moveBack(since ? { since } : {});
        }
        const own = this.#services.get(group.name)?.db;
        if (own) await markResent(own, group.name);
        return;
      } catch (error) {
        this.#logger("events").warn("The events of a rewound group cannot be sent again yet; it is tried again.", {
          group: group.name,
          reason: String(error),
        });
        await pause(limits.EVENT_OUTAGE_BACKOFF_MS);
      }
    }
  }

  /** Call it when every service of this node has started; then events begin to flow. */
  async start(): Promise<void> {
    // A process that ended in the middle of a rewind has not sent all events of the group again.
    if (!this.#transport.retainsEvents)
      for (const group of this.#groups) if (!group.position.resent) await this.#resend(group);
    await this.#transport.start(this.#groups);
    for (const { relay, locks } of this.#services.values()) {
      locks.request(RELAY_LOCK, { onAcquired: () => relay.start(), onLost: () => void relay.stop() });
    }
    this.#endIntakes = this.#intakes.flatMap((intake) => this.#transport.takeIn?.(intake) ?? []);
  }

  /**
   * Wakes the relay of a service.
   * @param committed the events for which it is woken, if this node knows them
   * @returns false when another node runs it, which then needs a signal
   */
  nudge(service: string, committed?: readonly OutboxRow[]): boolean {
    const events = this.#services.get(service);
    if (!events?.locks.holds(RELAY_LOCK)) return false;
    events.relay.nudge(committed);
    return true;
  }

  /** Stops gracefully: relays and groups finish what is in flight. The other events are delivered again elsewhere. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const services = [...this.#services.values()];
    await Promise.all([...this.#locks.values()].map((locks) => locks.stopAcquiring()));
    await Promise.all([...this.#groups.map(({ queue }) => queue.stop()), ...this.#endIntakes.map((end) => end())]);
    const stopped = services.map(({ relay }) => relay.stop());
    await this.#transport.stop();
    await Promise.all(stopped);
    await Promise.all([...this.#locks.values()].map((locks) => locks.close()));
  }
}

async function hasSentOn(outbox: OutboxStore, topics: Iterable<string>): Promise<boolean> {
  for (const topic of topics) if ((await outbox.streamOf(topic)) !== undefined) return true;
  return false;
}
