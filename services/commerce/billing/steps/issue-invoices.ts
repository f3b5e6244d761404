import { isCountry } from "#config/countries.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { insertDocuments, takeNumbers } from "../billing.store.ts";
import { billing, SHOP } from "../contract.ts";
import type { Seller } from "../domain/document.ts";
import { numberOf } from "../domain/document.ts";
import { draftInvoice } from "../domain/draft.ts";
import type { Captured, Fact } from "../domain/due.ts";
import { dropFacts, hurryRefunds } from "../due.store.ts";
import { booked } from "../view.ts";
import { type KnownOrder, readOrders } from "./read-orders.ts";

type Context = Pick<ServiceContext, "call" | "env" | "log"> & Transactions;
type CapturedFact = Fact & Captured;

/**
 * Stores the invoices of orders that are paid in full. Others are asked before the transaction; a number is taken in the
 * transaction that stores its invoice, so a rollback gives it back.
 * @throws what the others throw; then everything stays due
 */
export async function issueInvoices(ctx: Context, seller: Seller, facts: readonly CapturedFact[]): Promise<void> {
  const known = await readOrders(ctx, [...new Set(facts.map(({ orderId }) => orderId))]);
  const paid = new Map<string, CapturedFact>();
  const needless: string[] = [];
  for (const fact of facts) {
    const decision = decide(fact, known.get(fact.orderId), paid.has(fact.orderId));
    if (decision === "invoice") paid.set(fact.orderId, fact);
    if (decision === "nothing") needless.push(fact.eventId);
    if (decision === "unknown") ctx.log.error("A payment is of an order that is not known.", { order: fact.orderId });
  }
  const due = [...paid.values()].map(({ eventId, orderId }) => {
    const parts = { documentId: newId("invoice"), ...(known.get(orderId) as KnownOrder), seller };
    return { eventId, draft: draftInvoice({ ...parts, shopCountry: ctx.env.SHOP_COUNTRY, isCountry }) };
  });
  const causes = new Map(facts.map(({ eventId, cause }) => [eventId, cause]));
  await ctx.transaction(async (tx) => {
    if (needless.length > 0) await dropFacts(tx, needless);
    if (due.length === 0) return;
    const places = new Map((await takeNumbers(tx, SHOP, "invoice", due)).map((place) => [place.eventId, place]));
    const issued = due.flatMap(({ eventId, draft }) => {
      const place = places.get(eventId);
      return place ? [{ eventId, ...draft, ...place.placement, issuedAt: place.issuedAt }] : [];
    });
    if (issued.length === 0) return;
    insertDocuments(tx, issued);
    hurryRefunds(
      tx,
      issued.map(({ orderId }) => orderId),
    );
    for (const { eventId, ...invoice } of issued) {
      const named = { invoiceId: invoice.documentId, number: numberOf(invoice) };
      tx.because(causes.get(eventId) as Fact["cause"]).emit(billing.events.InvoiceIssued, {
        ...named,
        ...booked(invoice),
      });
    }
  });
}

/** One invoice for each order, when all of it is captured. A later capture of the rest is another fact. */
function decide(
  { totalMinor }: CapturedFact,
  known: KnownOrder | undefined,
  isDue: boolean,
): "invoice" | "nothing" | "unknown" {
  if (!known) return "unknown";
  const due = known.order.totalMinor;
  return due === 0 || totalMinor < due || isDue ? "nothing" : "invoice";
}
