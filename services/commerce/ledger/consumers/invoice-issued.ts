import { posted } from "../steps/post-events.ts";

/** The customer owes what was sold, and the shop owes its tax. */
export const invoiceIssued = posted("billing.InvoiceIssued");
