import { hasScope } from "#lib/contract/access.ts";
import { paging } from "#lib/contract/contract.ts";
import { DomainError, validationError } from "#lib/contract/errors.ts";
import { minorDigits, toMajor } from "#lib/contract/money.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY, type pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { type PriceKey, readHistory } from "../history.store.ts";
import type { Deps } from "../setup.ts";
import { requireList } from "../steps/price-list.ts";

type History = typeof pricing.actions.history;

export const getPriceHistory: Handler<History, Deps> = async (ctx, params) => {
  const { key, currency } = await keyOf(ctx, params);
  const { page, limit, offset } = paging(params);
  const history = await readHistory(ctx.db, key, { limit, offset }, pricingLimits.LOWEST_DAYS);
  if (!history) throw new DomainError("NOT_FOUND", `${params.sku} never had this price.`);
  const { changes, total, reducedAt, lowestMinor } = history;
  const major = (minor: number | null) => (minor === null ? null : toMajor(minor, currency));
  return {
    sku: params.sku,
    currency,
    ...("list" in key ? { list: key.list } : {}),
    changes: changes.map(({ amountMinor, validFrom }) => ({
      amount: major(amountMinor),
      validFrom: validFrom.toISOString(),
    })),
    lowestIn30Days: major(lowestMinor),
    reducedAt: reducedAt?.toISOString() ?? null,
    pagination: { page, limit, total },
  };
};

/** @throws DomainError NOT_FOUND, FORBIDDEN or VALIDATION_FAILED */
async function keyOf(
  { db, auth }: ActionContext<Deps>,
  { sku, currency, list: code, minQuantity, warehouseId }: ParamsOf<History>,
): Promise<{ key: PriceKey; currency: string }> {
  if (code === undefined) {
    const extra = minQuantity !== undefined ? "minQuantity" : warehouseId !== undefined ? "warehouseId" : undefined;
    if (extra) throw validationError(undefined, [{ path: `/${extra}`, message: "is only for the price of a list" }]);
    minorDigits(currency ?? DEFAULT_CURRENCY);
    return { key: { sku, currency: currency ?? DEFAULT_CURRENCY }, currency: currency ?? DEFAULT_CURRENCY };
  }
  const list = await requireList(db, code);
  if (currency !== undefined && currency !== list.currency)
    throw validationError(undefined, [{ path: "/currency", message: `must be ${list.currency}, or absent` }]);
  if (list.customerGroup !== null && !hasScope(auth, "pricing:read"))
    throw new DomainError("FORBIDDEN", "What a group has paid is for staff.");
  const key = { sku, list: code, warehouseId: warehouseId ?? null, minQuantity: minQuantity ?? 1 };
  return { key, currency: list.currency };
}
