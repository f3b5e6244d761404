import { posted } from "../steps/post-events.ts";

/** The shop owes a customer who may spend it on orders. */
export const storeCreditGranted = posted("payments.StoreCreditGranted");
