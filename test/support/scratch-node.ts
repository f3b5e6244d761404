import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { parseEnv } from "#config/env.ts";
import { databaseUrl } from "#lib/sql/connection.ts";
import type { Database } from "#lib/sql/database.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { postgresUrl, TEST_PREFIX } from "./servers.ts";

/** A node made of nothing but the services a test brings. */
export interface ScratchOptions {
  namespace: string;
  services: readonly ServiceSchema[];
  /** Absent: everything in one process. */
  nats?: string | undefined;
  node?: string;
  settings?: Record<string, string>;
}

/** @returns the broker, started: its services are up and its events flow */
export async function scratchNode({
  namespace,
  services,
  nats,
  node,
  settings,
}: ScratchOptions): Promise<ServiceBroker> {
  const env = parseEnv({
    DATABASE_URL: postgresUrl(),
    NAMESPACE: namespace,
    LOG_LEVEL: "fatal",
    SEED_DEMO: "off",
    NODE_ID: node ?? `node-${randomBytes(4).toString("hex")}`,
    ...(nats ? { NATS_URL: nats } : {}),
    ...settings,
  });
  const broker = new ServiceBroker(brokerOptions(env));
  for (const schema of services) broker.createService(schema);
  await broker.start();
  return broker;
}

/** A namespace whose databases the teardown of this run finds. */
export function freshNamespace(): string {
  return `${process.env[TEST_PREFIX]?.replaceAll("_", "-")}-${randomBytes(4).toString("hex")}`;
}

/** Where a service of a scratch node keeps its rows. */
export function scratchDatabase(namespace: string, service: string): string {
  return databaseUrl(postgresUrl(), `${namespace.replaceAll("-", "_")}_${service}`);
}

/** The database of a service that runs on this broker. */
export function databaseOf(broker: ServiceBroker, service: string): Database {
  return (broker.getLocalService(service) as unknown as HasDatabase).db;
}

/** Tries until it does not throw. @throws what it threw last */
export async function eventually<T>(attempt: () => Promise<T> | T, withinMs = 10_000, everyMs = 20): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(everyMs);
  }
}
