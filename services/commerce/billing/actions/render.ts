import { DomainError } from "#lib/contract/errors.ts";
import { type Rendition, renditionOf } from "#lib/contract/formats.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { billing } from "../contract.ts";
import { ciiOf } from "../documents/cii.ts";
import { figuresOf } from "../documents/en16931.ts";
import type { PrintedDocument } from "../documents/wording.ts";
import type { BillingDeps } from "../setup.ts";

type Actions = typeof billing.actions;

export const renderInvoice: Handler<Actions["renderInvoice"], BillingDeps> = ({ deps }, invoice) =>
  print(deps, invoice);
export const renderCreditNote: Handler<Actions["renderCreditNote"], BillingDeps> = ({ deps }, note) =>
  print(deps, note);
export const describeInvoice: Handler<Actions["describeInvoice"], BillingDeps> = async (_, invoice) =>
  describe(invoice);
export const describeCreditNote: Handler<Actions["describeCreditNote"], BillingDeps> = async (_, note) =>
  describe(note);

/** Also before the settings say who the shop is: a seller must see the figures in any case. */
export const renderStatement: Handler<Actions["renderStatement"], BillingDeps> = async ({ deps, env }, statement) => {
  const shop = { name: deps.seller?.name ?? "", country: env.SHOP_COUNTRY };
  const pdf = await deps.printer.print({ ...statement, shop });
  return renditionOf(pdf, `${statement.sellerId}-${statement.period}-${statement.currency}.pdf`);
};

async function print({ printer }: BillingDeps, document: PrintedDocument): Promise<Rendition> {
  return renditionOf(await printer.print(document), `${document.number}.pdf`);
}

/** @throws DomainError NO_ELECTRONIC_INVOICE */
function describe(document: PrintedDocument): Rendition {
  const figures = figuresOf(document);
  if (!figures) throw new DomainError("NO_ELECTRONIC_INVOICE");
  return renditionOf(Buffer.from(ciiOf(document, figures)), `${document.number}.xml`);
}
