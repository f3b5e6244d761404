import { type DataPlace, nameOf } from "#lib/sql/data-place.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { KeyValue } from "./keyvalue.ts";
import { PostgresKeyValue } from "./postgres-keyvalue.ts";
import { RedisKeyValue } from "./redis-keyvalue.ts";

/** The key-value store of a service: in Redis if `redisUrl` is given, otherwise among the service's own data. */
export function openKeyValue(db: Queryable & { place: DataPlace }, redisUrl?: string): KeyValue {
  return redisUrl ? new RedisKeyValue(redisUrl, nameOf(db.place)) : new PostgresKeyValue(db);
}
