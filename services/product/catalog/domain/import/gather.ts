import type { FileRow, RowFault } from "./draft.ts";

/** The rows of one product, which follow one another in the file. */
export interface RowGroup {
  /** What all of them have in common; empty for a row that does not say to which product it belongs. */
  key: string;
  rows: FileRow[];
  /** Number of its rows in the file; `rows` holds the first ones and none that cannot be read. */
  count: number;
  /** What makes the product impossible, whatever its rows say. */
  faults: RowFault[];
}

/** Gathers the rows of a file into products. */
export class Gatherer {
  readonly #keyOf: (row: FileRow) => string;
  readonly #most: number;
  #group: RowGroup | undefined;
  /** Rows without a key after the group: they are part of it if it continues after them. */
  #keyless: RowGroup[] = [];

  /** @param most rows of one product; a product with more is refused */
  constructor(keyOf: (row: FileRow) => string, most: number) {
    this.#keyOf = keyOf;
    this.#most = most;
  }

  /** @returns the products that are complete now */
  add(row: FileRow): RowGroup[] {
    const key = row.problem === undefined ? this.#keyOf(row) : "";
    if (key === "") {
      const message = row.problem ?? "does not say to which product it belongs";
      const keyless = { key, rows: [], count: 1, faults: [{ row: row.row, message }] };
      if (!this.#group) return [keyless];
      this.#keyless.push(keyless);
      // What is kept is bounded: after so many such rows the product has ended.
      return this.#keyless.length > this.#most ? this.end() : [];
    }
    if (this.#group?.key === key) {
      this.#continue(this.#group, row);
      return [];
    }
    const complete = this.end();
    this.#group = { key, rows: [row], count: 1, faults: [] };
    return complete;
  }

  /** The file has ended. @returns the products that were not complete before */
  end(): RowGroup[] {
    const complete = this.#group ? [this.#group, ...this.#keyless] : [];
    this.#group = undefined;
    this.#keyless = [];
    return complete;
  }

  #continue(group: RowGroup, row: FileRow): void {
    for (const { faults } of this.#keyless) {
      group.count += 1;
      group.faults.push(...faults);
    }
    this.#keyless = [];
    group.count += 1;
    if (group.rows.length < this.#most) group.rows.push(row);
    else if (group.count === this.#most + 1)
      group.faults.push({ row: row.row, message: `the product has more than ${this.#most} rows` });
  }
}
