import { posted } from "../steps/post-events.ts";

/** The customer's bank has taken money back. */
export const disputeOpened = posted("payments.DisputeOpened");
