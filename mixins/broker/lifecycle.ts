import type { Middleware, ServiceBroker } from "moleculer";
import type { Env } from "#config/env.ts";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import { startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { decideLayout, existingData } from "#lib/sql/existing-data.ts";
import { exitWith } from "#lib/startup-error.ts";
import { nodeOf } from "#mixins/service/node.ts";
import { watchConnection } from "./cluster-link.ts";
import { assertNatsListens, assertPostgresAnswers } from "./server-checks.ts";

/**
 * Starts the database server before the services and the events after them, and stops both in the reverse order. A start
 * that fails ends this process with one line.
 */
export function lifecycle(env: Env): Middleware {
  let stopPostgres: (() => Promise<void>) | undefined;
  const startPostgres = async (broker: ServiceBroker) => {
    const postgres = await startEmbeddedPostgres({
      dataDir: env.DATA_DIR,
      log: (line) => broker.logger.debug(line),
      warn: (line) => broker.logger.warn(line),
    });
    stopPostgres = postgres.stop;
    return postgres.url;
  };
  return {
    name: "Lifecycle",
    async starting(broker: ServiceBroker) {
      try {
        loadContracts();
        if (env.NATS_URL) await assertNatsListens(env.NATS_URL);
        const node = nodeOf(broker);
        if (env.DATABASE_URL) await assertPostgresAnswers(env.DATABASE_URL);
        const server = env.DATABASE_URL ?? (await startPostgres(broker));
        node.useDatabases(server, decideLayout(env.DATABASE_LAYOUT, await existingData(server, env.NAMESPACE)));
      } catch (error) {
        exitWith(error);
      }
    },
    async started(broker: ServiceBroker) {
      const node = nodeOf(broker);
      void watchConnection(broker, (disconnected) => {
        node.disconnected = disconnected;
      });
      await node.backbone.start();
      if (env.NATS_URL) broker.getLogger("node").info("This node is up.");
    },
    async stopping(broker: ServiceBroker) {
      await nodeOf(broker).stopEvents();
    },
    async stopped() {
      await stopPostgres?.();
    },
  } as Middleware;
}
