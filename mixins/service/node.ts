import type { ServiceBroker } from "moleculer";
import type { Env } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import type { SignalData, SignalName } from "#lib/contract/signals.ts";
import { Backbone } from "#lib/events/backbone.ts";
import type { OutboxRow } from "#lib/events/outbox/outbox-port.ts";
import type { EventTransport } from "#lib/events/transport/transport.ts";
import { connectionParts } from "#lib/sql/connection.ts";
import { ConnectionBudget } from "#lib/sql/connection-budget.ts";
import { type DatabaseLayout, type DataPlace, placeOf } from "#lib/sql/data-place.ts";
import { Migrator } from "#lib/sql/migrations.ts";

/** What the services of one process share: settings, database server, event backbone, and the state of the node. */
export class Node {
  readonly env: Env;
  readonly backbone: Backbone;
  readonly #broker: ServiceBroker;
  /** Services of this node whose `ready` has not ended, for example because it still inserts demo data. */
  readonly initializing = new Set<string>();
  /** Brings the tables of the services up to date. */
  readonly migrator = new Migrator();
  /** By the address of the server. */
  readonly #budgets = new Map<string, ConnectionBudget>();
  readonly #drains: (() => Promise<void>)[] = [];
  readonly #beforeEventsStop: (() => Promise<void>)[] = [];
  #drained: Promise<void> | undefined;
  /** Whether this node has lost the connection to the other nodes. */
  disconnected = false;
  #databases: { server: string; layout: DatabaseLayout } | undefined;

  constructor(broker: ServiceBroker, env: Env, transport: EventTransport) {
    this.env = env;
    this.#broker = broker;
    this.backbone = new Backbone((name) => broker.getLogger(name), transport);
  }

  /** @param server URL of the Postgres server on which services have their data */
  useDatabases(server: string, layout: DatabaseLayout): void {
    this.#databases = { server, layout };
  }

  /** Where a service keeps its data. */
  placeOf(service: string): DataPlace {
    if (this.#databases === undefined) throw new Error("No Postgres yet: the broker has not started.");
    const { NAMESPACE: namespace, databaseUrls } = this.env;
    return placeOf(service, { ...this.#databases, namespace, databaseUrls });
  }

  /** The connections that the services of this process may have to the server of a database. */
  budgetOf({ database }: DataPlace): ConnectionBudget {
    const { host, port } = connectionParts(database);
    const server = `${host}:${port}`;
    const budget =
      this.#budgets.get(server) ?? new ConnectionBudget(limits.SERVER_CONNECTIONS, limits.RESERVED_CONNECTIONS);
    this.#budgets.set(server, budget);
    return budget;
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
