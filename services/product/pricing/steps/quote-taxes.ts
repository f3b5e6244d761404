import type { ActionContext } from "#mixins/service/context.ts";
import type { QuotedTaxes } from "../domain/quote.ts";
import type { Deps } from "../setup.ts";
import { addedMinor } from "../tax/domain/added.ts";
import type { Place } from "../tax/domain/place.ts";
import { findTaxes } from "../tax/steps/find-taxes.ts";

interface Line {
  sku: string;
  quantity: number;
  totalMinor: number;
}

/** The taxes of a quote, by the rates of its moment. They are those of an order to the same place. */
export async function quoteTaxes(
  ctx: ActionContext<Deps>,
  lines: readonly Line[],
  address: Place,
  at: Date,
): Promise<QuotedTaxes> {
  if (!ctx.deps.taxBook.taxed) return { lines: lines.map(() => []), addedMinor: 0 };
  const asked = {
    lines: lines.map(({ sku, quantity, totalMinor }) => ({ sku, quantity, totalMinor })),
    address,
    ...(ctx.auth.kind === "customer" ? { customerId: ctx.auth.customerId } : {}),
  };
  const { taxes, lines: ofLines } = await findTaxes(ctx, asked, at);
  return { lines: ofLines, addedMinor: addedMinor(taxes) };
}
