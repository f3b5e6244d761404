import { connect, type JsMsg, type NatsConnection } from "nats";
import { NAMESPACE } from "./cluster.ts";
import type { Random } from "./random.ts";
import { Window } from "./window.ts";

const COPIES = 2; // beside the original
const COPY = "Chaos-Copy";

/** Delivers each event of every stream two more times, in another order. */
export class Redelivery {
  readonly #connection: NatsConnection;
  readonly #window: Window<JsMsg>;
  copies = 0;

  static async start(url: string, random: Random): Promise<Redelivery> {
    const redelivery = new Redelivery(await connect({ servers: url }), random);
    await redelivery.#listen();
    return redelivery;
  }

  private constructor(connection: NatsConnection, random: Random) {
    this.#connection = connection;
    this.#window = new Window(random, (message) => this.#again(message));
  }

  async stop(): Promise<void> {
    this.#window.stop();
    await this.#connection.drain();
  }

  async #listen(): Promise<void> {
    const manager = await this.#connection.jetstreamManager();
    for await (const { config } of manager.streams.list()) {
      const name = config.name;
      if (!name.startsWith(`${NAMESPACE}-`)) continue;
      const consumer = await this.#connection.jetstream().consumers.get(name, { deliver_policy: "new" as never });
      await consumer.consume({ callback: (message) => this.#heard(message) });
    }
  }

  #heard(message: JsMsg): void {
    if (message.headers?.has(COPY)) return;
    for (let i = 0; i < COPIES; i++) this.#window.add(message);
  }

  /** Publishes a copy under an id that is older than the broker's window for duplicates, so that the broker takes it. */
  #again(message: JsMsg): void {
    const { headers } = message;
    if (!headers) return;
    headers.delete("Nats-Msg-Id");
    headers.set(COPY, "1");
    this.#connection.publish(message.subject, message.data, { headers });
    this.copies += 1;
  }
}
