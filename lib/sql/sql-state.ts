/**
 * Whether `error` says that somebody else holds what the work needs: a lock, or the other side of a deadlock. An outage
 * of these rows rather than of their database.
 */
export function isBusy(error: unknown): boolean {
  return /^(55P03|40001|40P01)$/.test(sqlState(error) ?? "");
}

/** The Postgres SQLSTATE of an error, where it has one. */
export function sqlState(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** SQLSTATE of a broken unique constraint. */
export const UNIQUE_VIOLATION = "23505";
