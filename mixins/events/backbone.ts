import type { ServiceBroker } from "moleculer";
import type { Database } from "../database.ts";
import { type FailPoints, failPoints } from "../fail-points.ts";
import type { EventEnvelope } from "./envelope.ts";
import { LockKeeper } from "./lock.ts";
import { OutboxRelay } from "./relay.ts";
import type { EventTransport, Group, Sending } from "./transport.ts";

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
  relay: OutboxRelay;
  locks: LockKeeper;
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

  /** Adds a service: its outbox, the topics it publishes on and, with `group`, what it listens to. */
  add(service: string, db: Database, topics: readonly string[], group?: Omit<Group, "locks">): void {
    const logger = this.#broker.getLogger(`events/${service}`);
    const transport = failPoints ? failingTransport(this.#transport, service, failPoints) : this.#transport;
    const relay = new OutboxRelay(db, transport, topics, {
      onError: (reason) => logger.warn("The outbox waits.", { reason: String(reason) }),
      onResend: (topic, events) => logger.warn("Events that may be lost are sent again.", { topic, events }),
    });
    const locks = new LockKeeper(db.url);
    this.#members.set(service, { relay, locks });
    if (group) this.#groups.push({ ...group, locks });
  }

  /** Every service of this node has started: from here on, events flow. */
  async start(): Promise<void> {
    await this.#transport.start(this.#groups);
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
    const members = [...this.#members.values()];
    await Promise.all(members.map(({ locks }) => locks.freeze()));
    await Promise.all(this.#groups.map(({ queue }) => queue.stop()));
    const stopped = members.map(({ relay }) => relay.stop());
    await this.#transport.stop();
    await Promise.all(stopped);
    await Promise.all(members.map(({ locks }) => locks.close()));
  }
}
