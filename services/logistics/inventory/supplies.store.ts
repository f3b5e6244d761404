import type { Transaction } from "#lib/sql/transaction.ts";
import type { RequestedLine } from "./domain/allocate.ts";

/** @param supplies what one piece of each sku takes; null: itself */
export function saveSupplies(tx: Transaction, supplies: ReadonlyMap<string, readonly RequestedLine[] | null>): void {
  const rows = [...supplies].toSorted(([a], [b]) => (a < b ? -1 : 1));
  tx.write(
    `INSERT INTO supply (sku, takes) SELECT sku, takes FROM unnest($1::text[], $2::json[]) AS s (sku, takes)
     ON CONFLICT (sku) DO UPDATE SET takes = EXCLUDED.takes`,
    [rows.map(([sku]) => sku), rows.map(([, takes]) => takes && JSON.stringify(takes))],
  );
}
