import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { listCreditNotes, readCreditNote, readInvoice } from "./actions/read-documents.ts";
import {
  describeCreditNote,
  describeInvoice,
  renderCreditNote,
  renderInvoice,
  renderStatement,
} from "./actions/render.ts";
import { paymentCompleted } from "./consumers/payment-completed.ts";
import { paymentRefunded } from "./consumers/payment-refunded.ts";
import { billing } from "./contract.ts";
import { countOverdue } from "./due.store.ts";
import { documents } from "./queues/documents.ts";
import { type BillingDeps, setUp } from "./setup.ts";

export default service<typeof billing, BillingDeps>(billing, {
  database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
  setup: setUp,
  actions: {
    invoice: readInvoice,
    creditNotes: listCreditNotes,
    creditNote: readCreditNote,
    renderInvoice,
    renderCreditNote,
    describeInvoice,
    describeCreditNote,
    renderStatement,
  },
  consumers: [paymentCompleted, paymentRefunded],
  queues: [documents],
  alarms: {
    overdueDocuments: { summary: "Payments and refunds without their document for minutes", count: countOverdue },
  },
});
