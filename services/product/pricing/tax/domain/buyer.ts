import { isInEu, isSameState, type Place } from "./place.ts";
import type { TaxSettings } from "./settings.ts";

/** A certificate by which a customer pays no tax in a country, or in a state of it. */
export interface Exemption {
  country: string;
  state: string | null;
}

/** What is known of a buyer that changes the tax. */
export interface Buyer {
  /** The country of the buyer's valid VAT number, if that is one of the European Union. */
  vatCountry?: string | undefined;
  /** The certificates that hold now. */
  exemptions?: readonly Exemption[] | undefined;
}

/** Why a buyer pays no tax. */
export type Relief = "exempt" | "reverseCharge";

/**
 * Whether a buyer is relieved of the tax. A business of another member state accounts for the tax itself (Directive
 * 2006/112/EC art. 138 and 196) when goods are sent from one member state to another.
 */
export function reliefOf(
  { vatCountry, exemptions = [] }: Buyer,
  { country, state = "" }: Place,
  { sellerCountry }: Pick<TaxSettings, "sellerCountry">,
): Relief | undefined {
  const covers = (one: Exemption) => one.country === country && (one.state === null || isSameState(one.state, state));
  if (exemptions.some(covers)) return "exempt";
  const crosses = isInEu(sellerCountry) && isInEu(country) && country !== sellerCountry;
  const isBusiness = vatCountry !== undefined && isInEu(vatCountry) && vatCountry !== sellerCountry;
  return crosses && isBusiness ? "reverseCharge" : undefined;
}
