import type { ServiceBroker } from "moleculer";
import type { Database } from "../database.ts";
import { LockKeeper } from "./lock.ts";
import { OutboxRelay } from "./relay.ts";
import type { EventTransport, Group } from "./transport.ts";

const RELAY = "outbox-relay";

interface Member {
  relay: OutboxRelay;
  locks: LockKeeper;
  /** Topics the service publishes on. */
  topics: readonly string[];
}

/**
 * The events of one node: a relay for each service that publishes (active on one node at a time), and the groups of
 * the services that listen.
 */
export class Backbone {
  readonly #broker: ServiceBroker;
  readonly #transport: EventTransport;
  readonly #members = new Map<string, Member>();
  readonly #groups: Group[] = [];

  constructor(broker: ServiceBroker, transport: EventTransport) {
    this.#broker = broker;
    this.#transport = transport;
  }

  /** Adds a service: its outbox and, with `group`, what it listens to. */
  add(service: string, db: Database, topics: readonly string[], group?: Omit<Group, "locks">): void {
    const logger = this.#broker.getLogger(`events/${service}`);
    const relay = new OutboxRelay(db, this.#transport, (reason) => logger.warn("The outbox waits.", { reason: String(reason) }));
    const locks = new LockKeeper(db.url);
    this.#members.set(service, { relay, locks, topics });
    if (group) this.#groups.push({ ...group, locks });
  }

  /** Every service of this node has started: from here on, events flow. */
  async start(): Promise<void> {
    const topics = [...this.#members.values()].flatMap((member) => member.topics);
    await this.#transport.start(this.#groups, topics);
    for (const { relay, locks } of this.#members.values()) {
      locks.want(RELAY, { onAcquired: () => relay.start(), onLost: () => void relay.stop() });
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
    await Promise.all(this.#groups.map(({ queue }) => queue.stop()));
    await this.#transport.stop();
    await Promise.all(
      [...this.#members.values()].map(async ({ relay, locks }) => {
        await relay.stop();
        await locks.close();
      }),
    );
  }
}
