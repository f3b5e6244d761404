import { lockKey } from "#lib/sql/lock-keys.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { StartupError } from "#lib/startup-error.ts";
import { DataKeyTable } from "#lib/vault/data-key-table.ts";
import type { MainKeys } from "#lib/vault/main-keys.ts";
import { type EncryptedRows, type Rotated, rotate } from "#lib/vault/rotation.ts";
import { Vault } from "#lib/vault/vault.ts";
import { encryptedTokens } from "#services/commerce/payments/saved-methods.store.ts";
import { encryptedData } from "#services/product/sellers/encrypted.store.ts";

/** What one service encrypts. */
export interface Encrypted {
  service: string;
  /** For people, such as `saved methods`. */
  what: string;
  rows(db: Queryable): EncryptedRows;
  /** One statement writes so many, and locks them for some milliseconds. */
  batchRows: number;
}

export const savedMethods: Encrypted = {
  ...{ service: "payments", what: "saved methods", rows: encryptedTokens, batchRows: 200 },
};
/** A part of a document has half a megabyte. */
export const sellersData: Encrypted = {
  ...{
    service: "sellers",
    what: "parts of documents and bank accounts of sellers",
    rows: encryptedData,
    batchRows: 10,
  },
};

/**
 * Encrypts all that a service keeps encrypted again, under a new data key of the main key in use, while the shop goes on.
 * @param db one connection, which holds a lock meanwhile: two rotations at once would undo each other's work
 * @throws StartupError when another one is under way
 */
export async function rotateEncrypted(
  { what, rows: rowsOf, batchRows }: Encrypted,
  db: Queryable,
  mainKeys: MainKeys,
  print: (line: string) => void,
): Promise<Rotated> {
  const [lock] = await db.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${lockKey("process")}) AS held`, [
    `rotation of ${what}`,
  ]);
  if (!lock?.held) throw new StartupError("Another rotation is under way.");
  const keys = new DataKeyTable(db);
  const rows = rowsOf(db);
  const total = await rows.count("");
  print(`${total} ${what} are encrypted again under a new data key of the main key ${mainKeys.current()}.`);
  const rotated = await rotate({
    vault: new Vault(mainKeys, keys),
    ...{ keys, rows, batchRows },
    onProgress: (done) => print(`${done} of ${total}`),
  });
  print(`${rotated.renewed} are done, and ${rotated.removedKeys} data keys that are not used any more were removed.`);
  return rotated;
}

/** What is left to do, one sentence a line; nothing when all is well. */
export function faultsOf({ unreadable, left }: Rotated): string[] {
  const written = left - unreadable.length;
  return [
    ...unreadable.map(({ id, reason }) => `${id} stays as it is: ${reason}`),
    ...(written > 0 ? [`${written} were written under an earlier key meanwhile. Run the command again.`] : []),
  ];
}
