import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { connect, type NatsConnection } from "nats";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { stubCatalogue } from "#test/support/stub-service.ts";
import { historyOf } from "./pricing-fixture.ts";

const namespace = freshNamespace();
const now = Date.now();
let server: Awaited<ReturnType<typeof natsServer>>;
let broker: ServiceBroker;
let publisher: NatsConnection;

beforeAll(async () => {
  server = await natsServer();
  broker = await startBroker({ namespace, nats: server.url, services: [pricing, stubCatalogue().service] });
  publisher = await connect({ servers: server.url });
  await eventually(waiting);
});

afterAll(async () => {
  await publisher?.close();
  await broker?.stop();
  await server?.stop();
});

const publish = (...lines: string[]) => publisher.jetstream().publish(`${namespace}.prices.updates`, lines.join("\n"));
const line = (sku: string, amount: number, ageMs: number) =>
  JSON.stringify({ sku, amount, at: new Date(now - ageMs).toISOString() });

/** Messages that are not acknowledged. */
async function waiting(): Promise<number> {
  const manager = await publisher.jetstreamManager();
  return (await manager.streams.info(`${namespace}-prices-updates`)).state.messages;
}

const history = (sku: string) => historyOf(broker, sku);

test("a message is stored, and delivered again after a failure, which changes nothing", async () => {
  armFailPoints(new FailPoints("pricing.price-updates.after-commit:throw*1", failPointsOfSchema(pricing)));
  try {
    await publish("not JSON", line("A", 5, 10), line("B", 6, 10));
    await eventually(async () => expect([await history("A"), await history("B")]).toEqual([[500], [600]]));
    await eventually(async () => expect(await waiting()).toBe(0));
  } finally {
    armFailPoints(undefined);
  }
  expect([await history("A"), await history("B")]).toEqual([[500], [600]]);
});

test("messages may come in any order, and a line without a time is made when it was published", async () => {
  await publish(line("C", 7, 10));
  await eventually(async () => expect(await waiting()).toBe(0));
  await publish(line("C", 8, 1_000));
  await publish('{"sku":"D","amount":1}');
  await eventually(async () => expect(await waiting()).toBe(0));
  expect([await history("C"), await history("D")]).toEqual([[700], [100]]);
  await publish('{"sku":"C","amount":9}');
  await eventually(async () => expect(await history("C")).toEqual([700, 900]));
});

test("a message that is too long is refused to its publisher", async () => {
  await expect(publish("x".repeat(600_000))).rejects.toThrow("size exceeds maximum");
});
