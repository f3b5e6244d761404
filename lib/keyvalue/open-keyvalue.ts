import type { Queryable } from "#lib/sql/transaction.ts";
import type { KeyValue } from "./keyvalue.ts";
import { PostgresKeyValue } from "./postgres-keyvalue.ts";
import { RedisKeyValue } from "./redis-keyvalue.ts";

/** The key-value store of a service: in Redis if `redisUrl` is given, otherwise in the service's own database. */
export function openKeyValue(db: Queryable & { url: string }, redisUrl?: string): KeyValue {
  return redisUrl ? new RedisKeyValue(redisUrl, new URL(db.url).pathname.slice(1)) : new PostgresKeyValue(db);
}
