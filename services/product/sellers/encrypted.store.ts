import type { Queryable } from "#lib/sql/transaction.ts";
import type { EncryptedRow, EncryptedRows, Renewed } from "#lib/vault/rotation.ts";
import { partRow } from "./documents.store.ts";
import { ibanRow } from "./sellers.store.ts";

/** All that is encrypted: bank accounts have no number, and parts of documents have theirs. */
const ENCRYPTED = `(
    SELECT 'account/' || seller_id AS id, seller_id AS owner, NULL::int AS number, iban AS value, iban_key_id AS key_id FROM seller
    WHERE iban IS NOT NULL
    UNION ALL SELECT 'document/' || document_id || '/' || number, document_id, number, content, key_id FROM document_part
  ) AS encrypted WHERE key_id <> $1`;

/** The documents and bank accounts of sellers, for a change of their key. */
export function encryptedData(db: Queryable): EncryptedRows {
  return {
    async read(keyId, after, limit): Promise<EncryptedRow[]> {
      const rows = await db.query<{ id: string; owner: string; number: number | null; value: string }>(
        `SELECT id, owner, number, value FROM ${ENCRYPTED} AND id > $2 ORDER BY id LIMIT $3`,
        [keyId, after, limit],
      );
      return rows.map(({ id, owner, number, value }) => ({
        ...{ id, value, row: number === null ? ibanRow(owner) : partRow(owner, number) },
      }));
    },
    async count(keyId) {
      const [row] = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${ENCRYPTED}`, [keyId]);
      return row?.count ?? 0;
    },
    async replace(renewed: readonly Renewed[]) {
      const values = [
        renewed.map(({ id }) => id),
        renewed.map(({ from }) => from),
        renewed.map(({ to }) => to.value),
        renewed.map(({ to }) => to.keyId),
      ];
      const from = "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (id, old, value, key_id)";
      await db.query(
        `UPDATE seller s SET iban = n.value, iban_key_id = n.key_id ${from}
         WHERE n.id = 'account/' || s.seller_id AND s.iban = n.old`,
        values,
      );
      await db.query(
        `UPDATE document_part p SET content = n.value, key_id = n.key_id ${from}
         WHERE n.id LIKE 'document/%' AND p.document_id = split_part(n.id, '/', 2)
           AND p.number = split_part(n.id, '/', 3)::int AND p.content = n.old`,
        values,
      );
    },
  };
}
