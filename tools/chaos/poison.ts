import { randomUUID } from "node:crypto";
import { connect, headers, type NatsConnection } from "nats";
import { NAMESPACE } from "./cluster.ts";

const SHARE = 50; // one poisoned message for so many good ones: 2 %
const PARTITIONS = 12;

/** What is wrong with a message, and the groups that get it. */
interface Kind {
  name: string;
  topic: "orders" | "payments";
  type: string;
  groups: readonly string[];
  version: string;
  /** The raw body; absent: an event. */
  body?: string;
  data: (id: string) => object;
}

const orderData = (id: string) => ({ orderId: `ord_${id}`, customerId: `cust_${id}` });

const KINDS: readonly Kind[] = [
  {
    name: "invalid JSON",
    topic: "orders",
    type: "OrderCreated",
    groups: ["inventory", "payments"],
    version: "1.0",
    body: "{no json",
    data: orderData,
  },
  {
    name: "an unknown version",
    topic: "orders",
    type: "OrderStatusChanged",
    groups: ["inventory", "payments"],
    version: "9.0",
    data: orderData,
  },
  {
    name: "a handler that always throws",
    topic: "payments",
    type: "PaymentAuthorized",
    groups: ["orders"],
    version: "1.0",
    data: (id) => ({ ...orderData(id), paymentId: `pay_${id}`, amount: 20, currency: "USD", status: "authorized" }),
  },
];

/** Publishes messages that no consumer can apply, one for each fifty messages in the stream. */
export class Poisoner {
  active = false;
  readonly #connection: NatsConnection;
  #passed = 0;
  #sent = 0;
  /** Dead letters to be expected, by group. */
  readonly expected = new Map<string, number>();

  static async start(url: string): Promise<Poisoner> {
    const poisoner = new Poisoner(await connect({ servers: url }));
    poisoner.#listen();
    return poisoner;
  }

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  get sent(): number {
    return this.#sent;
  }

  async stop(): Promise<void> {
    await this.#connection.drain();
  }

  #listen(): void {
    const callback = () => {
      if (!this.active) return;
      this.#passed += 1;
      if (this.#passed % SHARE === 0) this.#poison();
    };
    for (const topic of ["orders", "payments", "inventory"])
      this.#connection.subscribe(`${NAMESPACE}.${topic}.events.>`, { callback });
  }

  #poison(): void {
    const kind = KINDS[this.#sent % KINDS.length] as Kind;
    this.#sent += 1;
    for (const group of kind.groups) this.expected.set(group, (this.expected.get(group) ?? 0) + 1);
    const id = randomUUID();
    const carried = headers();
    const facts = {
      "Tp-Key": `ord_${id}`,
      "Tp-Sequence": "1",
      "Tp-Correlation-Id": id,
      "Tp-Causation-Id": id,
      "Tp-Producer": "nobody@nowhere",
    };
    for (const [name, value] of Object.entries(facts)) carried.set(name, value);
    const event = {
      eventId: `evt_${id}`,
      eventType: kind.type,
      timestamp: new Date().toISOString(),
      version: kind.version,
      data: kind.data(id),
    };
    const subject = `${NAMESPACE}.${kind.topic}.events.${this.#sent % PARTITIONS}.${kind.type}`;
    this.#connection.publish(subject, kind.body ?? JSON.stringify(event), { headers: carried });
  }
}
