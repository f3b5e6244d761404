import { posted } from "../steps/post-events.ts";

/** A dispute that the shop has won gives the money back; a lost one changes nothing more. */
export const disputeClosed = posted("payments.DisputeClosed", { outcome: ["won"] });
