import { posted } from "../steps/post-events.ts";

/** A seller gives back the share of a refund. */
export const saleReversed = posted("sellers.SaleReversed");
