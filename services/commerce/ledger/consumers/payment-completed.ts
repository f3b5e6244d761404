import { posted } from "../steps/post-events.ts";

/** The customer has paid: the provider has the money, or a gift card has less left. */
export const paymentCompleted = posted("payments.PaymentCompleted");
