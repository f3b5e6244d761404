import { hostname } from "node:os";
import type { BrokerOptions, Middleware, ServiceBroker } from "moleculer";
import type { Env } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { JetStreamTransport } from "#lib/events/jetstream/jetstream-transport.ts";
import { EmbeddedTransport } from "#lib/events/transport/embedded.ts";
import { accessControl } from "#mixins/middleware/access-control.ts";
import { paramsCheck } from "#mixins/middleware/params-check.ts";
import { remoteTimeout } from "#mixins/middleware/remote-timeout.ts";
import { resultCheck } from "#mixins/middleware/result-check.ts";
import { retryRefusedCall } from "#mixins/middleware/retry-refused-call.ts";
import { translateErrors } from "#mixins/middleware/translate-errors.ts";
import { withIdempotency } from "#mixins/middleware/with-idempotency.ts";
import { registerMetrics } from "#mixins/service/event-metrics.ts";
import { attachNode, Node } from "#mixins/service/node.ts";
import { awaitNextNode, logOpenedCircuits } from "./cluster-link.ts";
import { lifecycle } from "./lifecycle.ts";
import { logger } from "./logger.ts";
import { operator } from "./operator.ts";
import { replCommands } from "./repl-commands.ts";
import { runOnWithoutRepl } from "./repl-exit.ts";
import { continueTrace, tracingOptions } from "./tracing.ts";

/** The connection to NATS is tried again without end, and pings find out when the host of the server has lost its power. */
const NATS_CONNECTION = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  pingInterval: limits.NATS_PING_MS,
  timeout: limits.CONNECT_TIMEOUT_MS,
};

/**
 * Broker options for these settings: one process on an embedded Postgres, or a node on NATS. `moleculer.config.ts`
 * exports them, and tests make brokers from them.
 */
export function brokerOptions(env: Env): BrokerOptions {
  const nodeID = env.NODE_ID ?? `${hostname()}-${process.pid}`;
  return {
    namespace: env.NAMESPACE,
    nodeID,
    logger: logger(env),
    transporter: env.NATS_URL
      ? { type: "NATS", options: { servers: env.NATS_URL.split(","), ...NATS_CONNECTION } }
      : null,
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
      // An error reply proves that the node is alive; only time-outs open the circuit.
      check: (error) => "type" in error && error.type === "REQUEST_TIMEOUT",
    },
    bulkhead: { enabled: true, concurrency: limits.CALL_CONCURRENCY, maxQueueSize: limits.CALL_QUEUE },
    transit: { serviceChangedDebounceTime: limits.ANNOUNCE_MS } as BrokerOptions["transit"],
    heartbeatInterval: limits.HEARTBEAT_SECONDS,
    heartbeatTimeout: limits.HEARTBEAT_TIMEOUT_SECONDS,
    tracking: { enabled: true, shutdownTimeout: limits.SHUTDOWN_MS },
    // A node that stops announces it, and for this long still answers other nodes that the announcement has not reached.
    registry: {
      strategy: "RoundRobin",
      preferLocal: true,
      stopDelay: env.NATS_URL ? limits.STOP_NOTICE_MS : 0,
    } as BrokerOptions["registry"],
    metrics: env.METRICS_PORT
      ? { enabled: true, reporter: [{ type: "Prometheus", options: { port: env.METRICS_PORT, path: "/metrics" } }] }
      : false,
    ...tracingOptions(env),
    ...(env.production ? {} : { skipProcessEventRegistration: false }),
    replOptions: { customCommands: replCommands },
    middlewares: middlewares(env),
    created(broker: ServiceBroker) {
      registerMetrics(broker);
      const node = new Node(broker, env, transportOf(broker, env, nodeID));
      attachNode(broker, node);
      runOnWithoutRepl(broker);
      logOpenedCircuits(broker);
      if (env.NATS_URL) awaitNextNode(broker);
      // Before anything else stops, the requests of clients are finished, because they may need all of this node.
      const stop = broker.stop.bind(broker);
      broker.stop = () => node.drain().then(stop);
    },
  };
}

/** The middlewares of every action with a contract. The first is the innermost: calls reach it last. */
export function actionMiddlewares(env: Env): Middleware[] {
  return [withIdempotency, ...(env.production ? [] : [resultCheck(env)]), paramsCheck, accessControl, translateErrors];
}

function middlewares(env: Env): Middleware[] {
  const tracing = env.TRACE_COLLECTOR ? [continueTrace] : [];
  return [...actionMiddlewares(env), operator, ...tracing, remoteTimeout, retryRefusedCall, lifecycle(env)];
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

/** The position of this node among the nodes that run a service. All nodes sort the same list, so they agree. */
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
