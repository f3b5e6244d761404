import { stringify } from "csv-stringify/sync";
import { paging } from "#lib/contract/contract.ts";
import { renditionOf } from "#lib/contract/formats.ts";
import { minorDigits, toMajor } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { sellers } from "../contract.ts";
import { monthOf, statementOf } from "../domain/statement.ts";
import { balanceOf, pageOfPayouts } from "../payouts.store.ts";
import type { Deps } from "../setup.ts";
import { statementEntries, statementSums } from "../statements.store.ts";
import { requireSeller } from "../steps/require-seller.ts";
import { payoutView } from "../view.ts";

type Actions = typeof sellers.actions;

export const readBalance: Handler<Actions["balance"], Deps> = async (
  ctx,
  { sellerId, currency = DEFAULT_CURRENCY },
) => {
  await requireSeller(ctx, sellerId);
  const { pendingMinor, availableMinor } = await balanceOf(ctx.db, sellerId, currency);
  return {
    ...{ sellerId, currency },
    ...{ pending: toMajor(pendingMinor, currency), available: toMajor(availableMinor, currency) },
  };
};

export const listPayouts: Handler<Actions["payouts"], Deps> = async (ctx, { sellerId, ...params }) => {
  await requireSeller(ctx, sellerId);
  const { page, limit, offset } = paging(params);
  const { rows, total } = await pageOfPayouts(ctx.db, sellerId, { limit, offset });
  return { payouts: rows.map(payoutView), pagination: { page, limit, total } };
};

export const readStatement: Handler<Actions["statement"], Deps> = async (
  ctx,
  { sellerId, period, currency = DEFAULT_CURRENCY },
) => {
  const { name: sellerName } = await requireSeller(ctx, sellerId);
  const asked = { sellerId, currency, ...monthOf(period) };
  const [sums, entries] = await Promise.all([statementSums(ctx.db, asked), statementEntries(ctx.db, asked)]);
  return { sellerId, sellerName, period, currency, ...statementOf(currency, sums, entries) };
};

/** The balance is the first line and the last one, so that the column `net` between them adds up. */
export const statementAsCsv: Handler<Actions["statementAsCsv"], Deps> = async (_, statement) => {
  const { sellerId, period, currency, opening, closing, lines, totals } = statement;
  const digits = minorDigits(currency);
  const amount = (value: number | undefined) => value?.toFixed(digits) ?? "";
  const rows = lines.map(({ at, kind, orderId = "", payoutId = "", gross, commission, net }) => [
    ...[at, kind, orderId, payoutId, amount(gross), amount(commission), amount(net), currency],
  ]);
  const text = stringify([
    ["at", "kind", "orderId", "payoutId", "gross", "commission", "net", "currency"],
    [`${period}-01`, "opening", "", "", "", "", amount(opening), currency],
    ...rows,
    [period, "closing", "", "", amount(totals.gross), amount(totals.commission), amount(closing), currency],
  ]);
  return renditionOf(Buffer.from(text), `${sellerId}-${period}-${currency}.csv`);
};
