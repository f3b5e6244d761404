/**
 * The ledger by itself: its consumer group gets events as a node gets them, and posts them on a Postgres that is started
 * and set up the way the shop's own is, on the same disk. Its only argument is the folder for its data.
 */
import { join } from "node:path";
import { ServiceBroker } from "moleculer";
import { parseEnv } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { newId } from "#lib/contract/ids.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { consumerGroup } from "#lib/events/inbox/consumer-group.ts";
import type { Delivery } from "#lib/events/inbox/group-handler.ts";
import { brokerOptions } from "#mixins/broker/broker-options.ts";
import type { HasDatabase } from "#mixins/service/database-mixin.ts";
import { invoiceIssued } from "#services/commerce/ledger/consumers/invoice-issued.ts";
import { paymentCompleted } from "#services/commerce/ledger/consumers/payment-completed.ts";
import { runWindow, type Window } from "./window.ts";
import { answerJobs } from "./worker.ts";

export interface PostingsJob {
  seconds: number;
}

/** Events of which a node has so many under way at most. */
const SENDERS = 20;
const SENT_AT_ONCE = limits.OUTBOX_IN_FLIGHT / SENDERS;
const CUSTOMERS = 10_000;
const LEDGER = join(import.meta.dirname, "../services/commerce/ledger/ledger.service.ts");

interface Books {
  postgres: EmbeddedPostgres;
  broker: ServiceBroker;
  push(delivery: Delivery): void;
}

let books: Promise<Books> | undefined;

async function work({ seconds }: PostingsJob): Promise<Window> {
  books ??= open();
  const { push } = await books;
  return runWindow(SENDERS, seconds, async () => {
    const events = Array.from({ length: SENT_AT_ONCE / 2 }, eventsOfOrder).flat();
    await Promise.all(events.map((event) => new Promise<void>((settle) => push({ event, settle }))));
    return events.length;
  });
}

async function open(): Promise<Books> {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", log: () => {} });
  const env = parseEnv({ DATABASE_URL: postgres.url, NAMESPACE: "postings", LOG_LEVEL: "fatal" });
  const broker = new ServiceBroker(brokerOptions(env));
  broker.loadService(LEDGER);
  await broker.start();
  const { db } = broker.getLocalService("ledger") as unknown as HasDatabase;
  const cause = { correlationId: "bench", causationId: "bench", traceparent: null };
  const group = await consumerGroup({
    name: "ledger",
    consumers: [invoiceIssued, paymentCompleted],
    db,
    context: { cause, log: broker.getLogger("bench") } as never,
    count: () => {},
  });
  return { postgres, broker, push: (delivery) => group.queue.push(delivery) };
}

/** An order is invoiced and paid: two entries with six lines. */
function eventsOfOrder(): EventEnvelope[] {
  const [orderId, paymentId] = [newId("order"), newId("payment")];
  const customerId = `cust_${Math.floor(Math.random() * CUSTOMERS)}`;
  const about = { orderId, customerId, currency: "USD" };
  const tax = [{ name: "VAT", rate: 0.2, amount: 20 }];
  const invoice = {
    ...about,
    invoiceId: newId("invoice"),
    number: orderId,
    sellerId: "shop",
    total: 120,
    net: 100,
    shipping: 5,
    tax,
  };
  const payment = { ...about, paymentId, provider: "test", status: "captured", amount: 120, totalCaptured: 120 };
  return [
    eventOf("billing.events", "InvoiceIssued", orderId, invoice),
    eventOf("payments.events", "PaymentCompleted", orderId, payment),
  ];
}

function eventOf(topic: string, eventType: string, key: string, data: object): EventEnvelope {
  return {
    ...{ eventId: newId("event"), eventType, timestamp: new Date().toISOString(), version: "1.0", data, topic, key },
    ...{ sequence: 1, correlationId: "bench", causationId: "bench", traceparent: null, producer: "bench" },
  };
}

answerJobs(work, async () => {
  const opened = await books;
  await opened?.broker.stop();
  await opened?.postgres.stop();
});
