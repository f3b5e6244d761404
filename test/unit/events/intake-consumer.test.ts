import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import type { ConsumerMessages } from "nats";
import type { JetStreamConnection } from "#lib/events/jetstream/connection.ts";
import { IntakeConsumer } from "#lib/events/jetstream/intake-consumer.ts";

test("messages that are opened while the consumer stops are closed", async () => {
  const messages = new PassThrough({ objectMode: true }); // messages end when they are closed, as those of NATS do
  const close = async () => messages.end();
  const asked = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const consume = async () => {
    asked.resolve();
    await opened.promise;
    return Object.assign(messages, { close }) as unknown as ConsumerMessages;
  };
  const session = {
    client: { consumers: { get: async () => ({ consume }) } },
    manager: { streams: { add: async () => {} }, consumers: { add: async () => {} } },
  };
  const connection = { untilConnected: async () => session } as unknown as JetStreamConnection;
  const bounds = { messageBytes: 1_000, waitingBytes: 1_000, atOnce: 1 };
  const intake = { service: "pricing", subject: "prices.updates", ...bounds, store: async () => {} };
  const log = { warn: () => {} } as never;
  const consumer = new IntakeConsumer(intake, connection, { namespace: "test", replicas: 1, log });
  const running = consumer.run();
  await asked.promise;
  const stopped = consumer.stop(running);
  const ended = once(messages, "finish", { signal: AbortSignal.timeout(2_000) });
  opened.resolve();
  await ended;
  await Promise.all([stopped, running]);
  expect(messages.writableEnded).toBe(true);
});
