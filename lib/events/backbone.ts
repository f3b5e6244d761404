import { setTimeout as pause } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import { type FailPoints, failPoints } from "#lib/fault-injection/fail-points.ts";
import type { Log } from "#lib/log.ts";
import { AdvisoryLocks } from "#lib/sql/advisory-locks.ts";
import type { Database } from "#lib/sql/database.ts";
import type { EventEnvelope } from "./envelope.ts";
import { noteResent } from "./inbox/rewind.ts";
import { markUnsent } from "./outbox/outbox.ts";
import { OutboxRelay } from "./outbox/relay.ts";
import type { EventTransport, Group, Sending } from "./transport/transport.ts";

const RELAY = "outbox-relay";

/** A transport with fail points around what one service publishes. It may fail one event and would take the next. */
function failingTransport(transport: EventTransport, service: string, points: FailPoints): Sending {
  return {
    onePerKey: true,
    open: (topic) => transport.open(topic),
    async send(event: EventEnvelope, place: string) {
      const scope = `${service}.${event.eventType}`;
      await points.reach("before-publish", scope);
      await transport.send(event, place);
      await points.reach("after-publish", scope);
    },
  };
}

interface Member {
  db: Database;
  relay: OutboxRelay;
  locks: AdvisoryLocks;
}

/**
 * The events of one node: a relay for each service that publishes (active on one node at a time), and the groups of
 * the services that listen.
 */
export class Backbone {
  readonly #logger: (name: string) => Log;
  readonly #transport: EventTransport;
  readonly #members = new Map<string, Member>();
  readonly #groups: Group[] = [];
  #stopping = false;

  constructor(logger: (name: string) => Log, transport: EventTransport) {
    this.#logger = logger;
    this.#transport = transport;
  }

  /**
   * Adds a service: its outbox, the topics it publishes on and, with `group`, what it listens to.
   * @returns the locks of the service's database, which its jobs share, so that they need no connection of their own
   */
  add(service: string, db: Database, topics: readonly string[], group?: Omit<Group, "locks">): AdvisoryLocks {
    const logger = this.#logger(`events/${service}`);
    const transport = failPoints ? failingTransport(this.#transport, service, failPoints) : this.#transport;
    const relay = new OutboxRelay(db, transport, topics, {
      onError: (reason) => logger.warn("The outbox waits.", { reason: String(reason) }),
      onResend: (topic, events) => logger.warn("Events that may be lost are sent again.", { topic, events }),
    });
    const locks = new AdvisoryLocks(db.url);
    this.#members.set(service, { db, relay, locks });
    if (group) this.#groups.push(Object.assign(group, { locks }));
    return locks;
  }

  /** The consumer group of a service of this node, if it has one. */
  group(service: string): Group | undefined {
    return this.#groups.find(({ name }) => name === service);
  }

  /** How many events are on their way to a group; undefined while the broker cannot be asked. */
  async lag(group: Group): Promise<number | undefined> {
    const asked = this.#transport.lag(group).catch(() => undefined);
    return Promise.race([asked, pause(limits.PUBLISH_TIMEOUT_MS, undefined, { ref: false })]);
  }

  /**
   * Rewinds a group, and has its events delivered again.
   * @param forget does the former in one transaction of the group's database; told whether the latter needs no doing
   */
  async rewind<T>(group: Group, forget: (resent: boolean) => Promise<T>): Promise<T> {
    const { keeps } = this.#transport;
    const rewind = async () => {
      const forgotten = await forget(keeps);
      await this.#transport.follow(group);
      if (!keeps) await this.#sendAgain(group);
      return forgotten;
    };
    if (keeps) return rewind();
    // Within one process nothing is on its way meanwhile, so that no event comes before those that are replayed.
    const relays = [...this.#members.values()].map(({ relay }) => relay);
    return relays.reduce((work, relay) => () => relay.whileQuiet(work), rewind)();
  }

  /** Has the outboxes send a rewound group's events again: all or, while they are away, later, but nothing before that. */
  async #sendAgain(group: Group): Promise<void> {
    while (!this.#stopping) {
      try {
        const { since } = group.position;
        for (const { db } of this.#members.values()) {
          for (const topic of group.topics.keys()) await markUnsent(db, topic, since ? { since } : {});
        }
        const own = this.#members.get(group.name)?.db;
        if (own) await noteResent(own, group.name);
        return;
      } catch (error) {
        this.#logger("events").warn("A rewound group waits for its events.", {
          group: group.name,
          reason: String(error),
        });
        await pause(limits.EVENT_OUTAGE_BACKOFF_MS);
      }
    }
  }

  /** Every service of this node has started: from here on, events flow. */
  async start(): Promise<void> {
    // A process that ended in the middle of a rewind has forgotten what was not sent again yet.
    if (!this.#transport.keeps)
      for (const group of this.#groups) if (!group.position.resent) await this.#sendAgain(group);
    await this.#transport.start(this.#groups);
    for (const { relay, locks } of this.#members.values()) {
      locks.request(RELAY, { onAcquired: () => relay.start(), onLost: () => void relay.stop() });
    }
  }

  /** @returns whether this node's relay looks after the service, so that no other node needs to be told */
  nudge(service: string): boolean {
    const member = this.#members.get(service);
    if (!member?.locks.holds(RELAY)) return false;
    member.relay.nudge();
    return true;
  }

  /** Graceful: relays finish what they sent, groups what they are applying. The rest is delivered again elsewhere. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const members = [...this.#members.values()];
    await Promise.all(members.map(({ locks }) => locks.stopAcquiring()));
    await Promise.all(this.#groups.map(({ queue }) => queue.stop()));
    const stopped = members.map(({ relay }) => relay.stop());
    await this.#transport.stop();
    await Promise.all(stopped);
    await Promise.all(members.map(({ locks }) => locks.close()));
  }
}
