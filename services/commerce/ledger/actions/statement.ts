import { endPart, readPart } from "#lib/contract/cursor.ts";
import { validationError } from "#lib/contract/errors.ts";
import { momentOf } from "#lib/contract/moment.ts";
import type { Handler } from "#mixins/service/context.ts";
import { turnoverBefore } from "../balances.store.ts";
import type { ledger } from "../contract.ts";
import { isSubledger } from "../domain/chart.ts";
import { ledgerLimits } from "../domain/limits.ts";
import { type LineKey, linesOf } from "../statement.store.ts";
import { aboutView, amountsView, balanceView } from "../view.ts";

const NOTHING = { debitMinor: 0, creditMinor: 0 };

export const statement: Handler<typeof ledger.actions.statement> = async (ctx, params) => {
  const { account, currency } = params;
  const from = params.from === undefined ? undefined : momentOf(params.from, "/from");
  const to = params.to === undefined ? ctx.now() : momentOf(params.to, "/to");
  if (from && from > to) throw validationError(undefined, [{ path: "/to", message: "must not be before from" }]);
  const part = readPart<LineKey>(params, ["ledger.statement", account, currency, params.from, params.to], [0, 0]);
  const of = { account, currency, isSubledger: isSubledger(account) };
  return ctx.db.readWithin(ledgerLimits.REPORT_MS, async (db) => {
    const opening = from ? await turnoverBefore(db, of, from) : NOTHING;
    const closing = await turnoverBefore(db, of, to);
    const after = part.kind === "after" ? part.after : undefined;
    const found = await linesOf(db, { account, currency, from, to, after, limit: part.limit + 1 });
    const keyOf = ({ bookedAt, entryId }: (typeof found)[number]): LineKey => [bookedAt.getTime(), entryId];
    const { rows, pagination } = endPart(part, found, keyOf, undefined);
    return {
      ...{ account, currency },
      ...(from ? { from: from.toISOString() } : {}),
      to: to.toISOString(),
      opening: balanceView(opening, currency),
      lines: rows.map(({ entryId, eventId, eventType, bookedAt, ...line }) => ({
        ...{ entryId, eventId, eventType, bookedAt: bookedAt.toISOString() },
        ...aboutView(line),
        ...amountsView(line, currency),
      })),
      closing: balanceView(closing, currency),
      pagination,
    };
  });
};
