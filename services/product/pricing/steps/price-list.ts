import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { PriceList } from "../domain/lists.ts";
import { findList } from "../terms.store.ts";

export function noSuchList(code: string): DomainError {
  return new DomainError("NOT_FOUND", `There is no price list ${code}.`);
}

/** @throws DomainError NOT_FOUND */
export async function requireList(db: Queryable, code: string): Promise<PriceList> {
  const list = await findList(db, code);
  if (!list) throw noSuchList(code);
  return list;
}
