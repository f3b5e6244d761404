import { connect as connectTcp } from "node:net";
import { hostname } from "node:os";
import type { BrokerOptions, Middleware, ServiceBroker } from "moleculer";
import pg from "pg";
import type { Env } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import { startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { JetStreamTransport } from "#lib/events/jetstream/jetstream.ts";
import { EmbeddedTransport } from "#lib/events/transport/embedded.ts";
import { StartupError } from "#lib/startup-error.ts";
import { accessControl } from "#mixins/middleware/access-control.ts";
import { paramsCheck } from "#mixins/middleware/params-check.ts";
import { remoteTimeout } from "#mixins/middleware/remote-timeout.ts";
import { resultCheck } from "#mixins/middleware/result-check.ts";
import { retryRefusedCall } from "#mixins/middleware/retry-refused-call.ts";
import { translateErrors } from "#mixins/middleware/translate-errors.ts";
import { withIdempotency } from "#mixins/middleware/with-idempotency.ts";
import { registerMetrics } from "#mixins/service/event-metrics.ts";
import { attachNode, Node, nodeOf } from "#mixins/service/node.ts";
import { awaitNextNode, watchConnection } from "./cluster-link.ts";
import { logger } from "./logger.ts";
import { operator } from "./operator.ts";
import { replCommands } from "./repl-commands.ts";

/** Connections of the transporter are tried again for ever, and one whose host lost its power is noticed. */
const LINK = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  pingInterval: limits.NATS_PING_MS,
  timeout: limits.CONNECT_TIMEOUT_MS,
};

/**
 * Broker options for these settings: one process on an embedded Postgres, or a node on NATS. What `moleculer.config.ts`
 * exports, and what tests make brokers from.
 */
export function brokerOptions(env: Env): BrokerOptions {
  const nodeID = env.NODE_ID ?? `${hostname()}-${process.pid}`;
  return {
    namespace: env.NAMESPACE,
    nodeID,
    logger: logger(env),
    transporter: env.NATS_URL ? { type: "NATS", options: { servers: env.NATS_URL.split(","), ...LINK } } : null,
    validator: false, // contracts are checked by TypeBox
    requestTimeout: limits.REQUEST_TIMEOUT_MS,
    retryPolicy: {
      enabled: true,
      retries: limits.CALL_RETRIES,
      delay: 50,
      maxDelay: 1_000,
      factor: 2,
      check: (error) => "retryable" in error && error.retryable === true,
    },
    circuitBreaker: {
      enabled: true,
      threshold: 0.5,
      windowTime: 10,
      minRequestCount: 20,
      halfOpenTime: 2_000,
      // Who answers, even that it cannot, is there: only silence tells of a node that is not worth asking.
      check: (error) => "type" in error && error.type === "REQUEST_TIMEOUT",
    },
    bulkhead: { enabled: true, concurrency: limits.CALL_CONCURRENCY, maxQueueSize: limits.CALL_QUEUE },
    heartbeatInterval: limits.HEARTBEAT_SECONDS,
    heartbeatTimeout: limits.HEARTBEAT_TIMEOUT_SECONDS,
    tracking: { enabled: true, shutdownTimeout: limits.SHUTDOWN_MS },
    // A node that stops says so, and answers for this long those who have not heard it yet.
    registry: {
      strategy: "RoundRobin",
      preferLocal: true,
      stopDelay: limits.STOP_NOTICE_MS,
    } as BrokerOptions["registry"],
    metrics: env.METRICS_PORT
      ? { enabled: true, reporter: [{ type: "Prometheus", options: { port: env.METRICS_PORT, path: "/metrics" } }] }
      : false,
    ...(env.production ? {} : { skipProcessEventRegistration: false }),
    replOptions: { customCommands: replCommands },
    middlewares: middlewares(env),
    created(broker: ServiceBroker) {
      registerMetrics(broker);
      const node = new Node(broker, env, transportOf(broker, env, nodeID));
      attachNode(broker, node);
      if (env.NATS_URL) awaitNextNode(broker);
      // Clients leave first, while the node still takes part in everything: what they began may need it.
      const stop = broker.stop.bind(broker);
      broker.stop = () => node.leave().then(stop);
    },
  };
}

/** The first is the innermost: it sees a call last, and its answer first. */
function middlewares(env: Env): Middleware[] {
  const aroundActions = [
    withIdempotency,
    ...(env.production ? [] : [resultCheck]),
    paramsCheck,
    accessControl,
    translateErrors,
  ];
  return [...aroundActions, operator, remoteTimeout, retryRefusedCall, lifecycle(env) as Middleware];
}

function transportOf(broker: ServiceBroker, env: Env, node: string) {
  if (!env.NATS_URL) return new EmbeddedTransport();
  return new JetStreamTransport({
    url: env.NATS_URL,
    namespace: env.NAMESPACE,
    replicas: env.EVENT_REPLICAS,
    node,
    share: (service) => shareOf(broker, service),
    log: broker.getLogger("jetstream"),
  });
}

/** This node's place among the nodes that run a service; they all sort the same list, so they agree without talking. */
function shareOf(broker: ServiceBroker, service: string): { index: number; of: number } {
  const services = broker.registry.getServiceList({ onlyAvailable: true, skipInternal: true }) as {
    name: string;
    nodeID: string;
  }[];
  const nodes = [
    ...new Set([broker.nodeID, ...services.filter(({ name }) => name === service).map(({ nodeID }) => nodeID)]),
  ].sort();
  return { index: nodes.indexOf(broker.nodeID), of: nodes.length };
}

/** What happens around the services: the database server before them, the flow of events after them. */
function lifecycle(env: Env) {
  let stopPostgres: (() => Promise<void>) | undefined;
  return {
    name: "Lifecycle",
    async starting(broker: ServiceBroker) {
      try {
        loadContracts();
        if (env.NATS_URL) await reachable("NATS", env.NATS_URL.split(",")[0] ?? "", 4222);
        if (env.DATABASE_URL) return await answers(env.DATABASE_URL);
        const postgres = await startEmbeddedPostgres({
          dataDir: env.DATA_DIR,
          log: (line) => broker.logger.debug(line),
          warn: (line) => broker.logger.warn(line),
        });
        stopPostgres = postgres.stop;
        nodeOf(broker).useDatabaseServer(postgres.url);
      } catch (error) {
        exitWith(error);
      }
    },
    async started(broker: ServiceBroker) {
      const node = nodeOf(broker);
      void watchConnection(broker, (cutOff) => {
        node.cutOff = cutOff;
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
  };
}

/** One clear line for whoever started the shop, and exit code 1. Everything else keeps its stack. */
export function exitWith(error: unknown): never {
  process.stderr.write(
    `${error instanceof StartupError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exit(1);
}

async function answers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    await client.query("SELECT 1");
  } catch (error) {
    throw new StartupError(
      `Postgres does not answer at ${withoutPassword(url)}: ${(error as Error).message || String(error)}`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function reachable(what: string, url: string, defaultPort: number): Promise<void> {
  const { hostname: host, port } = new URL(url.includes("://") ? url : `nats://${url}`);
  await new Promise<void>((resolve, reject) => {
    const socket = connectTcp({ host, port: Number(port || defaultPort), timeout: limits.CONNECT_TIMEOUT_MS });
    const fail = (reason: string) => {
      socket.destroy();
      reject(new StartupError(`${what} does not answer at ${withoutPassword(url)}: ${reason}`));
    };
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("timeout", () => fail("timed out"));
    socket.once("error", (error) => fail(error.message || String(error)));
  });
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, "//$1:***@");
}
