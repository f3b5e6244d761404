import type { ServiceBroker } from "moleculer";
import { gatewayLimits } from "../domain/limits.ts";

const MS_PER_SECOND = 1_000;
const COUNTER = "tradepost.gateway.refused.total";
const GAUGES = {
  connections: { name: "tradepost.gateway.connections", description: "Open connections of clients" },
  bodies: { name: "tradepost.gateway.bodies.bytes", description: "Bytes of request bodies that the gateway holds" },
  unread: {
    name: "tradepost.gateway.unread.bytes",
    description: "Bytes of responses that clients have not read and the kernel has not taken",
  },
} as const;

/** What the gateway refuses or ends to protect itself, by the label in metrics; and what the log says of it. */
const REASONS = {
  busy: "Requests were refused: more arrived than can be processed.",
  connections: "Connections were closed: too many are open.",
  address_connections: "Connections were closed: too many from one address (CONNECTIONS_PER_ADDRESS raises the bound).",
  request_late: "Connections were closed: a request did not arrive in time.",
  malformed: "Connections were closed: what arrived was not HTTP.",
  body_slow: "Requests were refused: their bodies arrived too slowly.",
  bodies_full: "Requests were refused: the bodies of all requests together took too much memory.",
  response_unread: "Connections were closed: the client read its response too slowly, or not at all.",
  responses_full: "Connections were closed: the unread responses together took too much memory.",
} as const;

export type RefusalReason = keyof typeof REASONS;

interface Counted {
  count: number;
  /** The latest one, as an example. */
  address: string | undefined;
}

interface Log {
  warn(message: string, facts: object): void;
}

/** Counts in metrics what the gateway refuses, and logs it: one line for each reason in `REFUSALS_LOG_MS`, with the number. */
export class Refusals {
  readonly #metrics: ServiceBroker["metrics"];
  readonly #log: Log;
  readonly #counted = new Map<RefusalReason, Counted>(); // since its last line
  readonly #loggedAt = new Map<RefusalReason, number>();

  constructor({ metrics }: Pick<ServiceBroker, "metrics">, log: Log) {
    this.#metrics = metrics;
    this.#log = log;
    const description = "Requests and connections that the gateway refused or ended to protect itself";
    metrics.register({ type: "counter", name: COUNTER, labelNames: ["reason"], description });
    for (const gauge of Object.values(GAUGES)) metrics.register({ type: "gauge", ...gauge });
  }

  count(reason: RefusalReason, address?: string): void {
    this.#metrics.increment(COUNTER, { reason });
    const count = (this.#counted.get(reason)?.count ?? 0) + 1;
    this.#counted.set(reason, { count, address });
  }

  /** Writes what it is time to log. @param now milliseconds */
  flush(now = performance.now()): void {
    for (const [reason, { count, address }] of this.#counted) {
      const loggedAt = this.#loggedAt.get(reason);
      if (loggedAt !== undefined && now - loggedAt < gatewayLimits.REFUSALS_LOG_MS) continue;
      this.#counted.delete(reason);
      this.#loggedAt.set(reason, now);
      const seconds = loggedAt === undefined ? undefined : Math.round((now - loggedAt) / MS_PER_SECOND);
      this.#log.warn(REASONS[reason], { reason, count, seconds, address });
    }
  }

  measure(values: Readonly<Record<keyof typeof GAUGES, number>>): void {
    this.#metrics.set(GAUGES.connections.name, values.connections);
    this.#metrics.set(GAUGES.bodies.name, values.bodies);
    this.#metrics.set(GAUGES.unread.name, values.unread);
  }
}
