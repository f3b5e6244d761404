import type { ServiceBroker } from "moleculer";
import type { Env } from "#config/env.ts";
import type { SignalData, SignalName } from "#lib/contract/signals.ts";
import { Backbone } from "#lib/events/backbone.ts";
import type { OutboxRow } from "#lib/events/outbox/outbox-port.ts";
import type { EventTransport } from "#lib/events/transport/transport.ts";

/** What the services of one process share: settings, database server, event backbone, and the state of the node. */
export class Node {
  readonly env: Env;
  readonly backbone: Backbone;
  readonly #broker: ServiceBroker;
  /** Services of this node whose `ready` has not ended, for example because it still inserts demo data. */
  readonly initializing = new Set<string>();
  readonly #drains: (() => Promise<void>)[] = [];
  readonly #beforeEventsStop: (() => Promise<void>)[] = [];
  #drained: Promise<void> | undefined;
  /** Whether this node has lost the connection to the other nodes. */
  disconnected = false;
  #databaseServer: string | undefined;

  constructor(broker: ServiceBroker, env: Env, transport: EventTransport) {
    this.env = env;
    this.#broker = broker;
    this.#databaseServer = env.DATABASE_URL;
    this.backbone = new Backbone((name) => broker.getLogger(name), transport);
  }

  /** URL of the Postgres server on which services have their databases. */
  databaseServer(): string {
    if (this.#databaseServer === undefined) throw new Error("No Postgres yet: the broker has not started.");
    return this.#databaseServer;
  }

  useDatabaseServer(url: string): void {
    this.#databaseServer = url;
  }

  /** Adds what must end first at a graceful stop, while everything else still works: the gateway's requests. */
  onDrain(drain: () => Promise<void>): void {
    this.#drains.push(drain);
  }

  /** Adds what must end at a graceful stop while events and locks still work: the jobs. */
  beforeEventsStop(stop: () => Promise<void>): void {
    this.#beforeEventsStop.push(stop);
  }

  async stopEvents(): Promise<void> {
    await Promise.all(this.#beforeEventsStop.map((stop) => stop()));
    await this.backbone.stop();
  }

  /** Whether a graceful stop of this node has begun. */
  get leaving(): boolean {
    return this.#drained !== undefined;
  }

  /** Begins a graceful stop. */
  drain(): Promise<void> {
    this.#drained ??= Promise.all(this.#drains.map((drain) => drain())).then(() => undefined);
    return this.#drained;
  }

  /** Broadcasts to every node, this one included. A signal may be lost. */
  signal<S extends SignalName>(name: S, payload: SignalData<S>): void {
    void this.#broker.broadcast(name, payload);
  }

  /** Wakes the relay of a service that has committed events, on whichever node it runs. */
  nudge(service: string, committed: readonly OutboxRow[]): void {
    if (!this.backbone.nudge(service, committed)) this.signal("outbox.committed", { service });
  }
}

const nodes = new WeakMap<ServiceBroker, Node>();

export function attachNode(broker: ServiceBroker, node: Node): void {
  nodes.set(broker, node);
}

export function nodeOf(broker: ServiceBroker): Node {
  const node = nodes.get(broker);
  if (!node) throw new Error("This broker was made without brokerOptions() of mixins/broker/broker-options.ts.");
  return node;
}
