import { endPart, readPart } from "#lib/contract/cursor.ts";
import { validationError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { ledger } from "../contract.ts";
import { ledgerLimits } from "../domain/limits.ts";
import { entriesOf } from "../entries.store.ts";
import { countEntries, type EntryKey, entryIdsOf } from "../entry-lists.store.ts";
import { entryView } from "../view.ts";

export const listEntries: Handler<typeof ledger.actions.listEntries> = async (ctx, params) => {
  const { orderId, paymentId, customerId, sellerId, account } = params;
  const asked = [orderId, paymentId, customerId, sellerId, account];
  if (asked.every((value) => value === undefined)) {
    const message = "is needed, or paymentId, customerId, sellerId or account";
    throw validationError(undefined, [{ path: "/orderId", message }]);
  }
  const part = readPart<EntryKey>(params, ["ledger.entries", ...asked], [0, 0]);
  return ctx.db.readWithin(ledgerLimits.REPORT_MS, async (db) => {
    const ids = await entryIdsOf(db, params, part);
    const count = part.kind === "page" ? await countEntries(db, params) : undefined;
    const found = await entriesOf(db, ids);
    const { rows, pagination } = endPart(
      part,
      found,
      ({ bookedAt, entryId }): EntryKey => [bookedAt.getTime(), entryId],
      count,
    );
    return { entries: rows.map(entryView), pagination };
  });
};
