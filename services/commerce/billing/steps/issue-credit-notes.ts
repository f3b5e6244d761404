import { newId } from "#lib/contract/ids.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { Transactions } from "#mixins/service/context.ts";
import { type DueDraft, insertDocuments, lockInvoices, readCredits, takeNumbers } from "../billing.store.ts";
import { billing, SHOP } from "../contract.ts";
import { numberOf, type Seller, type StoredDocument } from "../domain/document.ts";
import { draftCreditNote } from "../domain/draft.ts";
import type { Fact, Refunded } from "../domain/due.ts";
import { dropFacts, putOffRefunds } from "../due.store.ts";
import { booked } from "../view.ts";

type RefundedFact = Fact & Refunded;

interface Decided {
  due: DueDraft[];
  /** No credit note follows from them. */
  needless: string[];
  /** Their orders have no invoice, and may get one. */
  early: string[];
}

/** Stores the credit notes of refunds. The invoices are locked meanwhile, so that each one knows what is credited before. */
export async function issueCreditNotes(
  ctx: Transactions,
  seller: Seller,
  facts: readonly RefundedFact[],
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const { due, needless, early, invoices } = await decideAll(tx, seller, facts);
    if (needless.length > 0) await dropFacts(tx, needless);
    if (early.length > 0) await putOffRefunds(tx, early);
    if (due.length === 0) return;
    const places = new Map((await takeNumbers(tx, SHOP, "creditNote", due)).map((place) => [place.eventId, place]));
    const causes = new Map(facts.map(({ eventId, cause }) => [eventId, cause]));
    const issued: StoredDocument[] = [];
    for (const { eventId, draft } of due) {
      const place = places.get(eventId);
      const invoice = invoices.get(draft.orderId);
      if (!place || !invoice) continue;
      const note = { ...draft, ...place.placement, issuedAt: place.issuedAt };
      issued.push(note);
      tx.because(causes.get(eventId) as Fact["cause"]).emit(billing.events.CreditNoteIssued, {
        creditNoteId: note.documentId,
        number: numberOf(note),
        invoiceNumber: numberOf(invoice),
        refundId: draft.refundId ?? "",
        ...booked(note),
      });
    }
    if (issued.length > 0) insertDocuments(tx, issued);
  });
}

async function decideAll(
  tx: Transaction,
  seller: Seller,
  facts: readonly RefundedFact[],
): Promise<Decided & { invoices: Map<string, StoredDocument> }> {
  const orderIds = [...new Set(facts.map(({ orderId }) => orderId))];
  const invoices = await lockInvoices(tx, orderIds);
  const credits = await readCredits(tx, [...invoices.keys()]);
  const credited = new Map(credits.map(({ orderId, creditedMinor }) => [orderId, creditedMinor]));
  const known = new Set(credits.flatMap(({ refundIds }) => refundIds));
  const decided: Decided = { due: [], needless: [], early: [] };
  for (const { eventId, orderId, refundId, totalMinor, tenders } of facts) {
    const invoice = invoices.get(orderId);
    const creditedMinor = credited.get(orderId) ?? 0;
    if (!invoice) decided.early.push(eventId);
    // What is refunded again after a refund that had failed was credited then.
    else if (known.has(refundId) || totalMinor <= creditedMinor) decided.needless.push(eventId);
    else {
      const parts = { documentId: newId("creditNote"), refundId, creditedMinor, totalMinor, tenders, seller };
      const numbered = { ...invoice, number: numberOf(invoice) };
      decided.due.push({ eventId, draft: draftCreditNote({ ...parts, invoice: numbered }) });
      credited.set(orderId, totalMinor);
      known.add(refundId);
    }
  }
  return { ...decided, invoices };
}
