import { type ConsumerConfig, type ConsumerInfo, DeliverPolicy, type JetStreamManager, NatsError } from "nats";
import type { Group } from "../transport/transport.ts";

// Error codes of JetStream's API.
const NO_STREAM = 10_059;
const NO_CONSUMER = 10_014;

/** The durable consumer of one partition. A group that was rewound has others than before: they begin elsewhere. */
export function durableOf({ name, position }: Group, partition: number, generation = position.generation): string {
  return generation === 0 ? `${name}-${partition}` : `${name}-${partition}-r${generation}`;
}

/**
 * Where a consumer begins that is not there yet: at the start, unless the group was rewound to a time. Then it begins at
 * that time, or with the first message that was not acknowledged before the rewind, whichever is earlier. When that is
 * not known any more, it begins at the start, too: the inbox knows what it has.
 */
export async function beginningOf(
  manager: JetStreamManager,
  stream: string,
  group: Group,
  partition: number,
): Promise<Partial<ConsumerConfig>> {
  const { generation, since } = group.position;
  const before = generation > 0 ? durableOf(group, partition, generation - 1) : undefined;
  const former = before && (await found(manager.consumers.info(stream, before)));
  if (!former || !since) return { deliver_policy: DeliverPolicy.All };
  const next = { seq: former.ack_floor.stream_seq + 1 };
  const waiting = former.num_pending + former.num_ack_pending > 0;
  const first = waiting ? await manager.streams.getMessage(stream, next).catch(() => undefined) : undefined;
  if (waiting && !first) return { deliver_policy: DeliverPolicy.All };
  const from = first && first.time < since ? first.time : since;
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() };
}

export function codeOf(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}

/** @returns undefined when there is no such consumer; a stream that is missing is an error */
export async function found(asked: Promise<ConsumerInfo>): Promise<ConsumerInfo | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (codeOf(error) === NO_CONSUMER) return undefined;
    throw codeOf(error) === NO_STREAM ? new Error("There is no such stream yet.") : error;
  }
}
