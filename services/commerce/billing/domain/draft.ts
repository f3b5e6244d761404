import { creditedLines, sharedTaxes } from "./credit.ts";
import type {
  Content,
  DocumentDiscount,
  DocumentLine,
  DocumentPayment,
  DocumentTax,
  Draft,
  LineTax,
  PostalAddress,
  Seller,
} from "./document.ts";

type Address = Omit<PostalAddress, "country"> & { country?: string | undefined };

/** An order, as `orders.forInvoices` describes it. */
export interface InvoicedOrder {
  orderId: string;
  customerId: string;
  email: string | null;
  lines: readonly {
    sku: string;
    title: string;
    quantity: number;
    priceMinor: number;
    discountMinor?: number | undefined;
    taxes?: readonly LineTax[] | undefined;
  }[];
  discounts?: readonly DocumentDiscount[] | undefined;
  totalMinor: number;
  currency: string;
  shippingAddress: Address;
  billingAddress: Address | null;
  tenders: readonly { type: "giftCard" | "storeCredit"; last4?: string | undefined; amountMinor: number }[];
  taxes: readonly DocumentTax[];
  taxId: { number: string } | null;
  createdAt: string;
}

interface Name {
  email: string;
  firstName: string;
  lastName: string;
}

export interface InvoiceParts {
  documentId: string;
  order: InvoicedOrder;
  /** Undefined for guests, and for an account that is closed by now. */
  name: Name | undefined;
  method: Omit<DocumentPayment, "amountMinor">;
  seller: Seller;
  /** Addresses without the code of a country are there. */
  shopCountry: string;
  isCountry: (code: string) => boolean;
}

export function draftInvoice({ documentId, order, name, method, seller, ...where }: InvoiceParts): Draft {
  const { orderId, customerId, totalMinor, currency, taxes, shippingAddress, billingAddress } = order;
  const discounts = (order.discounts ?? []).filter(({ amountMinor }) => amountMinor > 0);
  const countryOf = ({ country = "" }: Address) => (where.isCountry(country) ? country : where.shopCountry);
  const address = billingAddress ?? shippingAddress;
  const email = order.email ?? name?.email;
  const content: Content = {
    seller,
    buyer: {
      name: name ? `${name.firstName} ${name.lastName}` : (email ?? customerId),
      ...(email === undefined ? {} : { email }),
      address: { ...address, country: countryOf(address) },
      ...(order.taxId ? { taxId: order.taxId.number } : {}),
    },
    orderedAt: order.createdAt,
    lines: order.lines.map(
      ({ taxes: own, discountMinor = 0, ...line }): DocumentLine => ({
        ...line,
        ...(discountMinor === 0 ? {} : { discountMinor }),
        totalMinor: line.quantity * line.priceMinor - discountMinor,
        ...(own ? { taxes: own } : {}),
      }),
    ),
    ...(discounts.length === 0 ? {} : { discounts }),
    taxes,
    payments: paymentsOf(totalMinor, order.tenders, method),
  };
  return {
    ...{ documentId, kind: "invoice", orderId, customerId, refundId: null, country: countryOf(shippingAddress) },
    ...{ totalMinor, netMinor: totalMinor - taxMinor(taxes), currency, content },
  };
}

export interface CreditNoteParts {
  documentId: string;
  refundId: string;
  invoice: Draft & { number: string; issuedAt: Date };
  /** What the credit notes before this one amount to. */
  creditedMinor: number;
  /** What they amount to with this one. */
  totalMinor: number;
  tenders: readonly { type: "giftCard" | "storeCredit"; amountMinor: number }[];
  seller: Seller;
}

/** The tax is shared out by what is credited in all, so that full credit contains exactly the tax of the invoice. */
export function draftCreditNote({
  documentId,
  refundId,
  invoice,
  creditedMinor,
  seller,
  ...due
}: CreditNoteParts): Draft {
  const { orderId, customerId, country, currency, content } = invoice;
  const totalMinor = due.totalMinor - creditedMinor;
  const taxes = sharedTaxes(content.taxes, creditedMinor, due.totalMinor, invoice.totalMinor);
  const title = totalMinor === invoice.totalMinor ? "Refund of the whole order" : "Refund of a part of the order";
  const method = content.payments.find(({ type }) => type !== "giftCard" && type !== "storeCredit");
  const { amountMinor: _, ...paidBy } = method ?? { type: "other" as const, amountMinor: 0 };
  return {
    ...{ documentId, kind: "creditNote", orderId, customerId, refundId, country, currency },
    ...{ totalMinor, netMinor: totalMinor - taxMinor(taxes) },
    content: {
      seller,
      buyer: content.buyer,
      orderedAt: content.orderedAt,
      lines: creditedLines(title, totalMinor, content.lines, taxes),
      taxes,
      payments: paymentsOf(totalMinor, due.tenders, paidBy),
      invoice: { number: invoice.number, issuedAt: invoice.issuedAt.toISOString() },
    },
  };
}

function taxMinor(taxes: readonly DocumentTax[]): number {
  return taxes.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** What gift cards and store credit do not pay is the method's. */
function paymentsOf(
  totalMinor: number,
  tenders: readonly DocumentPayment[] | InvoicedOrder["tenders"],
  method: Omit<DocumentPayment, "amountMinor">,
): DocumentPayment[] {
  const stored = tenders.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const rest = totalMinor - stored;
  const paid = tenders.map(({ type, last4, amountMinor }) => ({ type, ...(last4 ? { last4 } : {}), amountMinor }));
  return rest > 0 ? [...paid, { ...method, amountMinor: rest }] : paid;
}
