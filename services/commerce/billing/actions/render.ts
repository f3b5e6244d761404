import { renditionOf } from "#lib/contract/formats.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { billing } from "../contract.ts";
import type { BillingDeps } from "../setup.ts";

type Actions = typeof billing.actions;
const todo = async () => renditionOf(Buffer.from("todo"), "x.pdf");
export const renderInvoice: Handler<Actions["renderInvoice"], BillingDeps> = todo;
export const renderCreditNote: Handler<Actions["renderCreditNote"], BillingDeps> = todo;
export const describeInvoice: Handler<Actions["describeInvoice"], BillingDeps> = todo;
export const describeCreditNote: Handler<Actions["describeCreditNote"], BillingDeps> = todo;
