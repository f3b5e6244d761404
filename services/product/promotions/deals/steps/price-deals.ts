import { type DealLine, dealDiscounts, type PricedByDeals } from "../domain/deal-discounts.ts";
import type { DealDeps } from "../setup.ts";

interface Purchase {
  currency: string;
  customerId?: string | undefined;
  lines: readonly DealLine[];
  /** Deals that were refused when their claims were ordered. */
  without?: readonly string[] | undefined;
}

/** What a buyer's claims take off a purchase. A shop without deals asks the database nothing. */
export async function priceDeals(
  deals: DealDeps,
  { currency, customerId, lines, without = [] }: Purchase,
): Promise<PricedByDeals & { any: boolean }> {
  const any = await deals.any();
  const claims = any && customerId !== undefined ? await deals.pricedClaims(customerId) : [];
  const allowed = claims.filter(({ dealId }) => !without.includes(dealId));
  return { ...dealDiscounts(lines, currency, allowed), any };
}
