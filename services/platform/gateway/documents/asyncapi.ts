import { topicOf } from "#lib/contract/contract.ts";
import type { Contract, NamedEvent } from "#lib/contract/types.ts";
import { type Json, Schemas } from "./json-schema.ts";

/** The AsyncAPI 3 document of all events that the services publish, made from nothing but the contracts. */
export function asyncApi(contracts: readonly Contract[], version: string): Json {
  const schemas = new Schemas();
  const publishing = contracts.filter(({ events }) => Object.keys(events).length > 0);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Tradepost events",
      version,
      description:
        "Each event is published if and only if its transaction committed, at least once, in order for each key.",
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(publishing.map(channel)),
    operations: Object.fromEntries(
      publishing.map(({ name }) => [
        `${name}.publish`,
        { action: "send", channel: { $ref: `#/channels/${topicOf(name)}` } },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        publishing.flatMap(({ name, events }) =>
          namedEvents(events).map((event) => [`${name}.${event.type}`, message(event, schemas)]),
        ),
      ),
      schemas: schemas.components, // filled by the messages
    },
  };
}

function channel({ name, summary, events }: Contract): [string, Json] {
  const topic = topicOf(name);
  const messages = Object.fromEntries(
    namedEvents(events).map(({ type }) => [type, { $ref: `#/components/messages/${name}.${type}` }]),
  );
  return [
    topic,
    {
      address: `{namespace}.${topic}.{partition}.{eventType}`,
      description: summary,
      parameters: { namespace: {}, partition: {}, eventType: {} },
      messages,
    },
  ];
}

function namedEvents(events: Contract["events"]): NamedEvent[] {
  return Object.values(events) as NamedEvent[];
}

function message(event: NamedEvent, schemas: Schemas): Json {
  return {
    name: event.type,
    headers: {
      type: "object",
      properties: {
        "Nats-Msg-Id": { type: "string", description: "eventId" },
        "Tp-Key": { type: "string", description: `the aggregate: ${event.key}` },
        "Tp-Sequence": { type: "string", description: "1, 2, 3 … within the aggregate, without gaps" },
        "Tp-Correlation-Id": { type: "string" },
        "Tp-Causation-Id": { type: "string" },
        "Tp-Producer": { type: "string", description: "service@node" },
        traceparent: { type: "string" },
      },
    },
    payload: {
      type: "object",
      required: ["eventId", "eventType", "timestamp", "version", "data"],
      properties: {
        eventId: { type: "string" },
        eventType: { const: event.type },
        timestamp: { type: "string", format: "date-time" },
        version: { const: event.version },
        data: schemas.of(event.data),
      },
    },
  };
}
