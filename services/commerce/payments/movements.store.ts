import type { Queryable } from "#lib/sql/transaction.ts";
import type { ProviderName } from "./domain/provider-names.ts";
import type { Movement } from "./providers/provider.ts";

/** Until when the list of a provider was read; undefined: never. */
export async function readUntil(db: Queryable, provider: ProviderName): Promise<Date | undefined> {
  const [row] = await db.query<{ until: Date }>(
    "SELECT read_until AS until FROM movement_position WHERE provider = $1",
    [provider],
  );
  return row?.until;
}

export async function saveReadUntil(db: Queryable, provider: ProviderName, until: Date): Promise<void> {
  await db.query(
    `INSERT INTO movement_position AS p (provider, read_until) VALUES ($1, $2)
     ON CONFLICT (provider) DO UPDATE SET read_until = greatest(p.read_until, EXCLUDED.read_until)`,
    [provider, until],
  );
}

/** Those of some movements that are not stored. */
export async function unknownMovements(
  db: Queryable,
  provider: ProviderName,
  movements: readonly Movement[],
): Promise<Movement[]> {
  const rows = await db.query<{ id: string }>(
    "SELECT movement_id AS id FROM movement WHERE provider = $1 AND movement_id = ANY ($2::text[])",
    [provider, movements.map(({ movementId }) => movementId)],
  );
  const known = new Set(rows.map(({ id }) => id));
  return movements.filter(({ movementId }) => !known.has(movementId));
}

/** Stores movements. @returns the ids of those that were not stored before */
export async function storeMovements(
  tx: Queryable,
  provider: ProviderName,
  movements: readonly Movement[],
): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    `INSERT INTO movement (provider, movement_id, kind, currency, amount_minor)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS m (id, kind, currency, amount)
     ORDER BY id ON CONFLICT DO NOTHING RETURNING movement_id AS id`,
    [
      provider,
      movements.map(({ movementId }) => movementId),
      movements.map(({ kind }) => kind),
      movements.map(({ currency }) => currency),
      movements.map(({ amountMinor }) => amountMinor),
    ],
  );
  return new Set(rows.map(({ id }) => id));
}
