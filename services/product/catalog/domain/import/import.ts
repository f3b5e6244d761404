import type { NamedSlug } from "./draft.ts";

/** How a file is read, and what its import may do. Stored with the import. */
export interface ImportSettings {
  names: string[];
  delimiter: string;
  /** Of prices that name none. */
  currency: string;
  /** What is added when a row names one that does not exist. */
  create: { brands: boolean; categories: boolean };
  /** Whether who has sent the file may set prices. */
  maySetPrices: boolean;
}

/** How far a file is read. */
export interface Position {
  /** Bytes from its beginning. */
  at: number;
  /** Number of the last row that was read. */
  row: number;
}

export function percentOf({ status, readBytes, bytes }: { status: string; readBytes: number; bytes: number }): number {
  if (status === "finished") return 100;
  if (status === "uploading" || status === "waiting") return 0;
  return bytes === 0 ? 0 : Math.min(99, Math.floor((readBytes / bytes) * 100));
}

/** A category to add, with the one above it. */
export interface NewCategory extends NamedSlug {
  parent: string | null;
}
