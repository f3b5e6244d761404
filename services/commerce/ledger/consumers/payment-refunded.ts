import { posted } from "../steps/post-events.ts";

/** The customer has money back. */
export const paymentRefunded = posted("payments.PaymentRefunded");
