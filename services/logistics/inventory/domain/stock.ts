/** What one warehouse has of one sku. */
export interface StockRow {
  sku: string;
  warehouseId: string;
  onHand: number;
  reserved: number;
}

/** A change of one row of stock. */
export interface StockChange {
  sku: string;
  warehouseId: string;
  onHand: number;
  reserved: number;
}

/** What can still be promised to somebody. */
export function free(row: { onHand: number; reserved: number }): number {
  return row.onHand - row.reserved;
}

/** Some rows of stock and the changes decided on them. Order of rows is the order in which they are drawn from. */
export class Stock {
  readonly #rows = new Map<string, Map<string, StockRow>>();
  readonly #changes = new Map<StockRow, StockChange>();

  constructor(rows: readonly StockRow[]) {
    for (const row of rows) {
      const ofSku = this.#rows.get(row.sku) ?? new Map<string, StockRow>();
      this.#rows.set(row.sku, ofSku.set(row.warehouseId, { ...row }));
    }
  }

  /** The rows of a sku, changes included. */
  of(sku: string): readonly Readonly<StockRow>[] {
    return [...(this.#rows.get(sku)?.values() ?? [])];
  }

  /** How many pieces of a sku can still be promised. */
  available(sku: string): number {
    return this.of(sku).reduce((sum, row) => sum + free(row), 0);
  }

  row(sku: string, warehouseId: string): Readonly<StockRow> | undefined {
    return this.#rows.get(sku)?.get(warehouseId);
  }

  /** @throws Error when the row would break the laws of stock: a bug, which the database would refuse as well */
  change(sku: string, warehouseId: string, by: { onHand?: number; reserved?: number }): void {
    const row = this.#rows.get(sku)?.get(warehouseId);
    if (!row) throw new Error(`There is no stock of ${sku} in ${warehouseId} to change.`);
    const change = this.#changes.get(row) ?? { sku, warehouseId, onHand: 0, reserved: 0 };
    const { onHand = 0, reserved = 0 } = by;
    row.onHand += onHand;
    row.reserved += reserved;
    if (row.reserved < 0 || row.reserved > row.onHand) {
      throw new Error(`${row.reserved} of ${row.onHand} pieces of ${sku} in ${warehouseId} cannot be reserved.`);
    }
    this.#changes.set(row, { ...change, onHand: change.onHand + onHand, reserved: change.reserved + reserved });
  }

  /** The net changes; what came and went again is left out. */
  changes(): StockChange[] {
    return [...this.#changes.values()].filter(({ onHand, reserved }) => onHand !== 0 || reserved !== 0);
  }

  /** Whether the changes make any sku sold out or available again: then cached product pages are wrong. */
  changesAvailability(): boolean {
    const freed = new Map<string, number>();
    for (const change of this.changes()) freed.set(change.sku, (freed.get(change.sku) ?? 0) + free(change));
    return [...freed].some(([sku, by]) => {
      const now = this.available(sku);
      return now > 0 !== now - by > 0;
    });
  }
}
