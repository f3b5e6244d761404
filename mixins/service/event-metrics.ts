import type { ServiceBroker } from "moleculer";
import { limits } from "#config/limits.ts";
import type { GroupCounter } from "#lib/events/inbox/consumer-group.ts";
import { type EventAdmin, stateOf } from "./event-admin.ts";

const PREFIX = "tradepost";
const MS_PER_SECOND = 1_000;

const GAUGES = {
  "events.lag": { labels: ["group"], description: "Events that a consumer group has not applied yet" },
  "events.dead_letters": { labels: ["group"], description: "Events that could not be applied" },
  "outbox.oldest.seconds": { labels: ["service"], description: "Age of the oldest event that is not sent yet" },
  alarm: {
    labels: ["service", "alarm"],
    description: "Numbers that should be 0: an operator has to look when one stays above",
  },
} as const;

const COUNTERS = {
  "events.redelivered.total": "Events that were delivered again after they had been applied",
  "events.retried.total": "Failed attempts to apply an event",
  "events.dead_lettered.total": "Events that were dead-lettered",
} as const;

/** Registers the metrics of the events at Moleculer; while metrics are off, it has no effect. */
export function registerMetrics({ metrics }: ServiceBroker): void {
  for (const [name, { labels, description }] of Object.entries(GAUGES))
    metrics.register({ type: "gauge", name: `${PREFIX}.${name}`, labelNames: [...labels], description });
  for (const [name, description] of Object.entries(COUNTERS))
    metrics.register({ type: "counter", name: `${PREFIX}.${name}`, labelNames: ["group"], description });
}

export function countEvents({ metrics }: ServiceBroker, group: string, counter: GroupCounter, events: number): void {
  metrics.increment(`${PREFIX}.events.${counter}.total`, { group }, events);
}

/**
 * Measures a service every `LAG_SECONDS`. Every node that runs the service does so; otherwise, a node that measured it
 * once would show that number for ever. Of the numbers of several nodes for one group, the latest is right.
 * @returns a function that ends it
 */
export function startMeasuring(broker: ServiceBroker, eventAdmin: Omit<EventAdmin, "reset">): () => void {
  if (!broker.isMetricsEnabled()) return () => {};
  const timer = setInterval(() => {
    measure(broker, eventAdmin).catch((error: unknown) =>
      broker.logger.debug("A service cannot be measured.", { service: eventAdmin.service, reason: String(error) }),
    );
  }, limits.LAG_SECONDS * MS_PER_SECOND);
  return () => clearInterval(timer);
}

/** Measures a service once. */
export async function measure({ metrics }: ServiceBroker, eventAdmin: Omit<EventAdmin, "reset">): Promise<void> {
  const { service } = eventAdmin;
  const { lag, deadLetters, oldestUnsentSeconds, alarms } = await stateOf(eventAdmin);
  metrics.set(`${PREFIX}.outbox.oldest.seconds`, oldestUnsentSeconds, { service });
  for (const [alarm, count] of Object.entries(alarms)) metrics.set(`${PREFIX}.alarm`, count, { service, alarm });
  if (!eventAdmin.backbone.group(service)) return;
  if (lag !== null) metrics.set(`${PREFIX}.events.lag`, lag, { group: service });
  metrics.set(`${PREFIX}.events.dead_letters`, deadLetters, { group: service });
}
