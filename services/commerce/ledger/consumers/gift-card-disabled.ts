import { posted } from "../steps/post-events.ts";

/** The shop owes the bearer of a gift card nothing more. */
export const giftCardDisabled = posted("payments.GiftCardDisabled");
