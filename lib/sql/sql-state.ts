/**
 * Whether `error` means that another transaction holds a lock that the work needs, or was the other side of a deadlock.
 * Then these rows are unavailable, and not their database.
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

/** SQLSTATE of a violated unique constraint. */
export const UNIQUE_VIOLATION = "23505";
