import { setTimeout as pause } from "node:timers/promises";
import {
  AckPolicy,
  type ConsumerMessages,
  DiscardPolicy,
  type JetStreamManager,
  type JsMsg,
  nanos,
  RetentionPolicy,
  StorageType,
} from "nats";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import type { Intake } from "../transport/transport.ts";
import type { JetStreamConnection } from "./connection.ts";
import { apiErrorCode, STREAM_NAME_IN_USE, type StreamOptions, streamOf } from "./streams.ts";

const NANOS_PER_MS = 1_000_000;
const CONSUMER_EXISTS = 10_148; // an error code of JetStream's API: with other settings
const TRIES_UNTIL_LOGGED = 6;

/**
 * Takes the messages that others publish on a subject. The stream keeps a message until it is acknowledged, which happens
 * when it is stored. A node has at most `atOnce` of them; the others wait in the stream, and when that is full, publishers are
 * refused. All nodes of the service share one durable consumer, so the messages are in no order.
 */
export class IntakeConsumer {
  readonly #intake: Intake;
  readonly #connection: JetStreamConnection;
  readonly #options: StreamOptions & { log: Log };
  readonly #storing = new Set<Promise<void>>();
  #messages: ConsumerMessages | undefined;
  #stopped = false;

  constructor(intake: Intake, connection: JetStreamConnection, options: StreamOptions & { log: Log }) {
    this.#intake = intake;
    this.#connection = connection;
    this.#options = options;
  }

  /** Takes messages until `stop`, and begins again after each failure. */
  async run(): Promise<void> {
    const { log } = this.#options;
    const { subject } = this.#intake;
    let tries = 0;
    while (!this.#stopped) {
      try {
        await this.#take(() => {
          tries = 0;
        });
      } catch (error) {
        tries += 1;
        if (tries === TRIES_UNTIL_LOGGED)
          log.warn("Messages cannot be taken; it is tried again.", { subject, reason: String(error) });
      }
      if (!this.#stopped) await pause(limits.EVENT_OUTAGE_BACKOFF_MS, undefined, { ref: false });
    }
  }

  /** What this node is storing is stored and acknowledged; other messages come again elsewhere. */
  async stop(running: Promise<void>): Promise<void> {
    this.#stopped = true;
    await this.#messages?.close();
    await Promise.all(this.#storing);
    await Promise.race([running, pause(limits.PUBLISH_TIMEOUT_MS, undefined, { ref: false })]);
  }

  async #take(onOpen: () => void): Promise<void> {
    const { service, atOnce } = this.#intake;
    const { client, manager } = await this.#connection.untilConnected();
    const { name } = await ensureIntake(manager, this.#intake, this.#options);
    const consumer = await client.consumers.get(name, service);
    if (this.#stopped) return;
    this.#messages = await consumer.consume({
      max_messages: atOnce,
      expires: limits.PULL_EXPIRES_MS,
      idle_heartbeat: limits.PULL_HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    if (this.#stopped) await this.#messages.close(); // it was stopped meanwhile
    onOpen();
    for await (const message of this.#messages) {
      const storing = this.#store(message).finally(() => this.#storing.delete(storing));
      this.#storing.add(storing);
      while (this.#storing.size >= atOnce) await Promise.race(this.#storing);
    }
  }

  async #store(message: JsMsg): Promise<void> {
    try {
      const storedAt = new Date(message.info.timestampNanos / NANOS_PER_MS);
      await this.#intake.store({ text: message.string(), storedAt, sequence: message.seq });
      message.ack();
    } catch (error) {
      this.#options.log.warn("A message could not be stored; it is delivered again.", {
        subject: message.subject,
        sequence: message.seq,
        reason: String(error),
      });
      settleQuietly(() => message.nak(limits.INTAKE_RETRY_MS));
    }
  }
}

/** A message that is neither acknowledged nor given back is delivered again after ACK_WAIT_MS. */
function settleQuietly(settle: () => void): void {
  try {
    settle();
  } catch {} // the connection is closed
}

/** Makes the stream of a subject, and the consumer of its service, or updates them. */
async function ensureIntake(
  manager: JetStreamManager,
  { service, subject, messageBytes, waitingBytes, atOnce }: Intake,
  { namespace, replicas }: StreamOptions,
): Promise<{ name: string }> {
  const { name, subject: full } = streamOf(namespace, subject);
  const config = {
    name,
    subjects: [full],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    max_bytes: waitingBytes,
    max_msg_size: messageBytes,
  };
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (apiErrorCode(error) !== STREAM_NAME_IN_USE) throw error;
    const { num_replicas, max_bytes, max_msg_size } = config;
    await manager.streams.update(name, { num_replicas, max_bytes, max_msg_size });
  }
  const bounds = { ack_wait: nanos(limits.ACK_WAIT_MS), max_ack_pending: atOnce * limits.INTAKE_NODES };
  try {
    await manager.consumers.add(name, { durable_name: service, ack_policy: AckPolicy.Explicit, ...bounds });
  } catch (error) {
    if (apiErrorCode(error) !== CONSUMER_EXISTS) throw error;
    await manager.consumers.update(name, service, bounds);
  }
  return { name };
}
