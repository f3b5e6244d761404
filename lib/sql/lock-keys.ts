/**
 * What transactions and processes lock by name, each kind with a number of its own. The numbers stay as they are, because
 * nodes of two releases may run at once.
 */
const KINDS = {
  /** Locks of one process of the cluster: relays, partitions, jobs. */
  process: 0,
  idempotencyKey: 1,
  /** Taken by functions of the orders' migrations. */
  orderSource: 2,
  owner: 3,
  catalogue: 4,
  priceShard: 5,
} as const;

/**
 * SQL: what the name of a lock begins with in the current session. Advisory locks belong to a database, so the schemas of
 * one database share them. In a database of its own, a service needs no such beginning.
 */
const SCOPE = "coalesce(nullif(current_schema(), 'public') || '/', '')";

/** What the names of the locks of a schema begin with, for sessions outside of it. */
export function lockScope(schema: string | undefined): string {
  return schema === undefined ? "" : `${schema}/`;
}

/** SQL: the key of an advisory lock, which no other kind of lock and no other service has. @param name SQL, a text */
export function lockKey(kind: keyof typeof KINDS, name = "$1"): string {
  return `hashtextextended(${SCOPE} || ${name}, ${KINDS[kind]})`;
}
