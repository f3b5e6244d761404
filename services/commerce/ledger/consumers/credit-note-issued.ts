import { posted } from "../steps/post-events.ts";

/** An invoice is taken back, in part or in full. */
export const creditNoteIssued = posted("billing.CreditNoteIssued");
