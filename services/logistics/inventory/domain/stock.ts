/** The pieces of one sku in one warehouse. */
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

/** The number of pieces that are not reserved. */
export function free(row: { onHand: number; reserved: number }): number {
  return row.onHand - row.reserved;
}

/** Some rows of stock, and the changes that were decided on them. Rows keep their order. */
export class Stock {
  readonly #rows = new Map<string, Map<string, StockRow>>();
  readonly #changes = new Map<StockRow, StockChange>();

  constructor(rows: readonly StockRow[]) {
    for (const row of rows) {
      const ofSku = this.#rows.get(row.sku) ?? new Map<string, StockRow>();
      this.#rows.set(row.sku, ofSku.set(row.warehouseId, { ...row }));
    }
  }

  /** The rows of a sku, with their changes. */
  of(sku: string): readonly Readonly<StockRow>[] {
    return [...(this.#rows.get(sku)?.values() ?? [])];
  }

  /** The number of pieces of a sku that are not reserved, in all warehouses together. */
  available(sku: string): number {
    return this.of(sku).reduce((sum, row) => sum + free(row), 0);
  }

  row(sku: string, warehouseId: string): Readonly<StockRow> | undefined {
    return this.#rows.get(sku)?.get(warehouseId);
  }

  /** @throws Error when 0 <= reserved <= onHand would not hold: a bug, which the database would refuse as well */
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

  /** The net change of each row; rows without one are left out. */
  changes(): StockChange[] {
    return [...this.#changes.values()].filter(({ onHand, reserved }) => onHand !== 0 || reserved !== 0);
  }

  /** The skus that the changes make sold out or available again: cached product pages of these are wrong. */
  changedAvailability(): string[] {
    const freed = new Map<string, number>();
    for (const change of this.changes()) freed.set(change.sku, (freed.get(change.sku) ?? 0) + free(change));
    return [...freed].flatMap(([sku, by]) => {
      const now = this.available(sku);
      return now > 0 !== now - by > 0 ? [sku] : [];
    });
  }
}
