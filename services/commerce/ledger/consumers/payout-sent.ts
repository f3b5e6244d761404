import { posted } from "../steps/post-events.ts";

/** What the shop owed a seller has left its bank account. */
export const payoutSent = posted("sellers.PayoutSent");
