import type { PriceList } from "./lists.ts";
import type { Rates } from "./rates.ts";

/** The lists and exchange rates of the shop, as they were at one moment. */
export interface PriceTerms {
  /** Rises with each change. */
  version: number;
  lists: ReadonlyMap<string, PriceList>;
  rates: Rates;
}
