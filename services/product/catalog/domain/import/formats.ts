import type { FileRow, Reading } from "./draft.ts";
import type { RowGroup } from "./gather.ts";

/** What the reading of a file depends on besides its rows. */
export interface ReadSettings {
  /** Of prices that name none. */
  currency: string;
  /** Why there cannot be such a price, if there is a reason. */
  priceFault(amount: number, currency: string): string | undefined;
}

/** How the rows of a file become products. */
export interface Format {
  name: "csv" | "shopify";
  /** What the rows of a product have in common; empty for a row that belongs to none. */
  keyOf(row: FileRow): string;
  read(group: RowGroup, settings: ReadSettings): Reading;
}
