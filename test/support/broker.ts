import { randomBytes } from "node:crypto";
import { type Middleware, ServiceBroker, type ServiceSchema } from "moleculer";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import type { Call } from "#lib/contract/types.ts";
import type { Database } from "#lib/sql/database.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { CallMeta } from "#mixins/service/context.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { freshNamespace } from "./databases.ts";
import { postgresUrl } from "./servers.ts";

export interface BrokerOptions {
  services: readonly ServiceSchema[];
  /** Absent: a fresh one, so that the databases of its services are empty. */
  namespace?: string | undefined;
  /** URL of a NATS server; absent: all services run in this process. */
  nats?: string | undefined;
  /** Name of the node. */
  node?: string;
  /** Environment variables of the node; they replace the defaults below. */
  settings?: Readonly<Record<string, string | undefined>>;
  /** Run inside the project's own middlewares. */
  middlewares?: readonly Middleware[];
}

/** A node in this process, not started, that has the given services and nothing else. */
export function createBroker(options: BrokerOptions): ServiceBroker {
  const env = parseEnv({
    NODE_ENV: "test", // an error code that a contract does not list fails the test
    DATABASE_URL: postgresUrl(),
    NAMESPACE: options.namespace ?? freshNamespace(),
    LOG_LEVEL: "fatal",
    SEED_DEMO: "off",
    RATE_LIMIT: "off",
    NODE_ID: options.node ?? `node-${randomBytes(4).toString("hex")}`,
    NATS_URL: options.nats,
    ...options.settings,
  });
  const { middlewares = [], ...base } = brokerOptions(env);
  const broker = new ServiceBroker({ ...base, middlewares: [...middlewares, ...(options.middlewares ?? [])] });
  for (const schema of options.services) broker.createService(schema);
  return broker;
}

/** @returns a started broker: its services are available and their events flow */
export async function startBroker(options: BrokerOptions): Promise<ServiceBroker> {
  const broker = createBroker(options);
  await broker.start();
  return broker;
}

/** The database of a service that runs on this broker. */
export function databaseOf(broker: ServiceBroker, service: string): Database {
  return (broker.getLocalService(service) as unknown as HasDatabase).db;
}

/** Calls actions with this identity, as the gateway would after it has checked a token. */
export function callAs(broker: ServiceBroker, auth: Auth, meta: CallMeta = {}): Call {
  return ((name: string, params: object) => broker.call(name, params, { meta: { auth, ...meta } })) as unknown as Call;
}
