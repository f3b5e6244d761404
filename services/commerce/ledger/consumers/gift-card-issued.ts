import { posted } from "../steps/post-events.ts";

/** The shop owes the bearer of a gift card. */
export const giftCardIssued = posted("payments.GiftCardIssued");
