import { posted } from "../steps/post-events.ts";

/** A refund came back, so that the shop owes the customer again. */
export const paymentRefundFailed = posted("payments.PaymentRefundFailed");
