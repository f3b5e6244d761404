import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { findCreditNote, findInvoice, pageCreditNotes } from "../billing.store.ts";
import type { billing } from "../contract.ts";
import { placeOf, type StoredDocument } from "../domain/document.ts";
import type { BillingDeps } from "../setup.ts";
import { creditNoteView, invoiceView } from "../view.ts";

type Actions = typeof billing.actions;
type Context = ActionContext<BillingDeps>;

export const readInvoice: Handler<Actions["invoice"], BillingDeps> = async (ctx, { orderId }) =>
  invoiceView(await ownInvoice(ctx, orderId));

export const listCreditNotes: Handler<Actions["creditNotes"], BillingDeps> = async (ctx, { orderId, ...page }) => {
  await ownInvoice(ctx, orderId);
  const { rows, pagination } = await pageCreditNotes(ctx.db, orderId, page);
  return { creditNotes: rows.map(creditNoteView), pagination };
};

export const readCreditNote: Handler<Actions["creditNote"], BillingDeps> = async (ctx, { orderId, number }) => {
  await ownInvoice(ctx, orderId);
  const place = placeOf(number);
  const note = place && (await findCreditNote(ctx.db, orderId, place));
  if (!note) throw new DomainError("NOT_FOUND");
  return creditNoteView(note);
};

/** @throws DomainError NOT_FOUND when there is none, or it is somebody else's */
async function ownInvoice(ctx: Context, orderId: string): Promise<StoredDocument> {
  const invoice = await findInvoice(ctx.db, orderId);
  if (!invoice) throw new DomainError("NOT_FOUND");
  ctx.requireOwner(invoice.customerId, await holdsOrderToken(ctx, orderId));
  return invoice;
}

/** Whether the request carries the token of a guest's order. Orders, which signs it, is asked only when there is one. */
async function holdsOrderToken({ call, orderToken: token }: Context, orderId: string): Promise<boolean> {
  if (token === undefined) return false;
  return (await call("orders.checkToken", { orderId, token })).valid;
}
