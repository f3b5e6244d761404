import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  nanos,
} from "nats";
import { limits } from "#config/limits.ts";
import type { Group } from "../transport/transport.ts";
import type { Session } from "./connection.ts";
import { apiErrorCode } from "./streams.ts";

// Error codes of JetStream's API.
const STREAM_NOT_FOUND = 10_059;
const CONSUMER_NOT_FOUND = 10_014;

/** What one durable consumer reads: the messages of one partition of a stream, for one group. */
export interface DurableConsumer {
  stream: string;
  filter: string;
  group: Group;
  partition: number;
}

/**
 * Opens the durable consumer of a partition, with no message outstanding. Otherwise, messages that another owner has not
 * acknowledged would be delivered again only after ACK_WAIT_MS, behind newer ones of the same key. Therefore, such a
 * consumer is deleted, and one is made that begins with the first of these messages. The same is done while pull requests
 * wait: an owner that has lost its lock without noticing it would get some of the messages.
 */
export async function openConsumer(
  { client, manager }: Session,
  { stream, filter, group, partition }: DurableConsumer,
  deliver: (message: JsMsg) => void,
): Promise<ConsumerMessages> {
  const durable = durableName(group, partition);
  const config = {
    durable_name: durable,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(limits.ACK_WAIT_MS),
    max_ack_pending: limits.GROUP_BATCH * 4,
  };
  const existing = await infoIfExists(manager.consumers.info(stream, durable));
  if (!existing) {
    await manager.consumers.add(stream, { ...config, ...(await startOf(manager, stream, group, partition)) });
  } else if (existing.num_ack_pending > 0 || existing.num_waiting > 0) {
    await manager.consumers.delete(stream, durable);
    const opt_start_seq = existing.ack_floor.stream_seq + 1;
    await manager.consumers.add(stream, { ...config, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq });
  }
  const consumer = await client.consumers.get(stream, durable);
  return consumer.consume({
    max_messages: limits.GROUP_BATCH * 2,
    expires: limits.PULL_EXPIRES_MS,
    idle_heartbeat: limits.PULL_HEARTBEAT_MS,
    abort_on_missing_resource: true,
    callback: deliver,
  });
}

/** Number of messages of a stream that a group has not acknowledged. */
export async function countUnacknowledged(manager: JetStreamManager, stream: string, group: Group): Promise<number> {
  const durables = new Set(Array.from({ length: limits.PARTITIONS }, (_, partition) => durableName(group, partition)));
  let count = 0;
  for await (const { name, num_pending, num_ack_pending } of manager.consumers.list(stream)) {
    if (durables.has(name)) count += num_pending + num_ack_pending;
  }
  return count;
}

/** After each rewind the group has other durable consumers, because an existing one cannot begin at another message. */
function durableName({ name, position }: Group, partition: number, generation = position.generation): string {
  return generation === 0 ? `${name}-${partition}` : `${name}-${partition}-r${generation}`;
}

/**
 * Where a new consumer begins: at the first message, unless the group was rewound to a time. Then it begins at that time,
 * or at the first message that was not acknowledged before the rewind, whichever is earlier. When that message is not
 * known any more, it begins at the first message, too; the inbox discards the duplicates.
 */
async function startOf(
  manager: JetStreamManager,
  stream: string,
  group: Group,
  partition: number,
): Promise<Partial<ConsumerConfig>> {
  const { generation, since } = group.position;
  const previousName = generation > 0 ? durableName(group, partition, generation - 1) : undefined;
  const previous = previousName && (await infoIfExists(manager.consumers.info(stream, previousName)));
  if (!previous || !since) return { deliver_policy: DeliverPolicy.All };
  const next = { seq: previous.ack_floor.stream_seq + 1 };
  const hasUnacknowledged = previous.num_pending + previous.num_ack_pending > 0;
  const first = hasUnacknowledged ? await manager.streams.getMessage(stream, next).catch(() => undefined) : undefined;
  if (hasUnacknowledged && !first) return { deliver_policy: DeliverPolicy.All };
  const from = first && first.time < since ? first.time : since;
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() };
}

/** @returns undefined when there is no such consumer; a missing stream is an error */
async function infoIfExists(request: Promise<ConsumerInfo>): Promise<ConsumerInfo | undefined> {
  try {
    return await request;
  } catch (error) {
    if (apiErrorCode(error) === CONSUMER_NOT_FOUND) return undefined;
    throw apiErrorCode(error) === STREAM_NOT_FOUND ? new Error("The stream does not exist yet.") : error;
  }
}
