import { posted } from "../steps/post-events.ts";

/** The shop owes a seller the proceeds of a sale, less its commission. */
export const saleCredited = posted("sellers.SaleCredited");
