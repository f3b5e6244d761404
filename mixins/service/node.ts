import type { ServiceBroker } from "moleculer";
import type { Env } from "#config/env.ts";
import type { SignalData, SignalName } from "#lib/contract/signals.ts";
import { Backbone } from "#lib/events/backbone.ts";
import type { EventTransport } from "#lib/events/transport/transport.ts";

/** What the services of one process share: its settings, its database server, the backbone. */
export class Node {
  readonly env: Env;
  readonly backbone: Backbone;
  readonly #broker: ServiceBroker;
  /** Services of this node that still do what they do once when all is up, such as seeding. */
  readonly initializing = new Set<string>();
  readonly #drains: (() => Promise<void>)[] = [];
  readonly #beforeEventsStop: (() => Promise<void>)[] = [];
  #left: Promise<void> | undefined;
  /** Whether the connection to the other nodes is lost for now. */
  cutOff = false;
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

  /** What must end first at a graceful stop, while everything else still works: taking requests. */
  onDrain(drain: () => Promise<void>): void {
    this.#drains.push(drain);
  }

  /** What must end, at a graceful stop, while events and locks still work: the jobs. */
  beforeEventsStop(stop: () => Promise<void>): void {
    this.#beforeEventsStop.push(stop);
  }

  async stopEvents(): Promise<void> {
    await Promise.all(this.#beforeEventsStop.map((stop) => stop()));
    await this.backbone.stop();
  }

  /** Whether this node is about to stop. */
  get leaving(): boolean {
    return this.#left !== undefined;
  }

  leave(): Promise<void> {
    this.#left ??= Promise.all(this.#drains.map((drain) => drain())).then(() => undefined);
    return this.#left;
  }

  /** Tells every node, this one included, something that may be lost. */
  signal<S extends SignalName>(name: S, payload: SignalData<S>): void {
    void this.#broker.broadcast(name, payload);
  }

  /** A service committed events: its relay, wherever it runs, should look. */
  nudge(service: string): void {
    if (!this.backbone.nudge(service)) this.signal("outbox.committed", { service });
  }
}

const nodes = new WeakMap<ServiceBroker, Node>();

export function attachNode(broker: ServiceBroker, node: Node): void {
  nodes.set(broker, node);
}

export function nodeOf(broker: ServiceBroker): Node {
  const node = nodes.get(broker);
  if (!node) throw new Error("This broker was made without brokerOptions() of mixins/broker.ts.");
  return node;
}
