import {
  DiscardPolicy,
  type JetStreamManager,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "nats";
import { limits } from "#config/limits.ts";

const MS_PER_DAY = 86_400_000;
const DUPLICATE_WINDOW_MS = 120_000;
export const STREAM_NAME_IN_USE = 10_058; // an error code of JetStream's API

export interface StreamOptions {
  /** The first token of every subject, so that several clusters can share a server. */
  namespace: string;
  /** Number of servers that store each event. */
  replicas: number;
}

/** The name of a topic's stream, and the prefix of its subjects: `<subject>.<partition>.<EventType>`. */
export function streamOf(namespace: string, topic: string): { name: string; subject: string } {
  return { name: `${namespace}-${topic.replaceAll(".", "-")}`, subject: `${namespace}.${topic}` };
}

/** Makes the stream of a topic, or updates its settings if it exists with other ones. */
export async function ensureStream(
  manager: JetStreamManager,
  topic: string,
  { namespace, replicas }: StreamOptions,
): Promise<StreamInfo> {
  const { name, subject } = streamOf(namespace, topic);
  const config = {
    name,
    subjects: [`${subject}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    max_age: nanos(limits.OUTBOX_RETENTION_DAYS * MS_PER_DAY),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  };
  try {
    return await manager.streams.add(config);
  } catch (error) {
    if (apiErrorCode(error) !== STREAM_NAME_IN_USE) throw error;
    const { num_replicas, max_age, duplicate_window, subjects } = config;
    return manager.streams.update(name, { num_replicas, max_age, duplicate_window, subjects });
  }
}

/** The error code of JetStream's API, where an error has one. */
export function apiErrorCode(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}
