import { withCountry } from "#lib/contract/address.ts";
import { maxMinor } from "#lib/contract/money.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { type Line, netMinor, totalMinor } from "../domain/lines.ts";
import type { TaxTerms } from "../domain/terms.ts";
import type { Address } from "../orders.store.ts";
import type { Deps } from "../setup.ts";

interface Taxable {
  customerId: string;
  /** Of a guest. */
  email?: string | null | undefined;
  lines: readonly Line[];
  currency: string;
  shippingAddress: Address;
  taxId?: string | undefined;
}

/** The taxes of a purchase, and why they are not known, if they are not. */
export interface PurchaseTaxes extends TaxTerms {
  /** Whether pricing was asked. */
  asked: boolean;
  problem: unknown;
}

/** The check of a purchase has found that the shop has rates, and the taxes of the purchase were not asked for. */
class NotTaxed extends Error {}

/**
 * Buys something with its taxes. Pricing says with the prices whether the shop has rates, and it is asked for taxes only where
 * it has: a shop without rates makes no call for them. The first purchase on a node after the first rate is begun again.
 */
export async function withTaxes<Result>(
  ctx: Pick<ActionContext<Deps>, "call" | "env" | "deps">,
  purchase: Taxable,
  buy: (taxes: PurchaseTaxes) => Promise<Result>,
): Promise<Result> {
  try {
    return await buy(await purchaseTaxes(ctx, purchase, ctx.deps.taxed.last || purchase.taxId !== undefined));
  } catch (error) {
    if (!(error instanceof NotTaxed)) throw error;
    return buy(await purchaseTaxes(ctx, purchase, true));
  }
}

async function purchaseTaxes(
  ctx: Pick<ActionContext<Deps>, "call" | "env" | "deps">,
  { customerId, email = null, lines, currency, shippingAddress, taxId }: Taxable,
  isAsked: boolean,
): Promise<PurchaseTaxes> {
  const none = { taxes: [], lineTaxes: [], taxId: taxId === undefined ? null : { number: taxId } };
  if (!isAsked) return { ...none, asked: false, problem: undefined };
  // What costs too much is refused later, and has no taxes.
  if (totalMinor(lines, maxMinor(currency)) === null) return { ...none, asked: true, problem: undefined };
  const { country, state, zipCode } = withCountry(shippingAddress, ctx.env.SHOP_COUNTRY);
  try {
    const answer = await ctx.call("pricing.taxes", {
      currency,
      lines: lines.map((line) => ({ sku: line.sku, quantity: line.quantity, totalMinor: netMinor(line) })),
      address: { country, state, zipCode },
      ...(email === null ? { customerId } : {}),
      ...(taxId === undefined ? {} : { taxId }),
    });
    return {
      taxes: answer.taxes,
      lineTaxes: answer.lines,
      taxId: answer.taxId ?? null,
      asked: true,
      problem: undefined,
    };
  } catch (problem) {
    return { ...none, asked: true, problem };
  }
}

/** @throws NotTaxed when a purchase that nobody has asked the taxes of must have some */
export function requireTaxed({ deps }: Pick<ActionContext<Deps>, "deps">, taxed: boolean, asked: boolean): void {
  deps.taxed.last = taxed;
  if (taxed && !asked) throw new NotTaxed("The taxes of this purchase are not known yet.");
}
