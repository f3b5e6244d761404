export type DocumentKind = "invoice" | "creditNote";

export interface PostalAddress {
  street: string;
  city: string;
  state: string;
  zipCode: string;
  country: string;
}

export interface Seller {
  name: string;
  address: PostalAddress;
  taxId?: string;
  email?: string;
  iban?: string;
}

export interface Buyer {
  name: string;
  email?: string;
  address: PostalAddress;
  /** Of a business. */
  taxId?: string;
}

export interface DocumentLine {
  /** Absent: not a product, such as the line of a refund. */
  sku?: string;
  title: string;
  quantity: number;
  priceMinor: number;
  /** What promotions take off the line; absent: nothing. */
  discountMinor?: number;
  /** After the discount. */
  totalMinor: number;
  /** Absent of documents that were issued before lines had their taxes. */
  taxes?: readonly LineTax[];
}

export interface LineTax {
  name: string;
  rate: number;
  amountMinor: number;
  /** What the price includes of a tax that the buyer need not pay. */
  takenOffMinor?: number | undefined;
  /** Why there is none. */
  reason?: "exempt" | "reverseCharge" | "export" | undefined;
}

export interface DocumentTax extends LineTax {
  /** Whether the prices include it, or it is added to them. Absent of documents that were issued before: they do. */
  included?: boolean | undefined;
}

/** Whether two taxes are the same one: goods that are exempt and goods with a rate of zero may share its name and rate. */
export function isSameTax(one: TaxKind, other: TaxKind): boolean {
  return one.name === other.name && one.rate === other.rate && one.reason === other.reason;
}

type TaxKind = Pick<LineTax, "name" | "rate" | "reason">;

/** A promotion that has taken something off the lines. */
export interface DocumentDiscount {
  name: string;
  /** The coupon that it was given for. */
  code?: string | undefined;
  amountMinor: number;
}

/** What has paid, or got back, a part of the total. */
export interface DocumentPayment {
  type: "card" | "wallet" | "emi" | "upi" | "bank_redirect" | "giftCard" | "storeCredit" | "other";
  /** The name of a wallet or bank. */
  name?: string;
  last4?: string;
  amountMinor: number;
}

/** What a document says besides its number, its dates and its totals. Never changed once it is stored. */
export interface Content {
  seller: Seller;
  buyer: Buyer;
  orderedAt: string;
  lines: readonly DocumentLine[];
  /** Of an invoice: the discounts of its lines by promotion. */
  discounts?: readonly DocumentDiscount[];
  taxes: readonly DocumentTax[];
  payments: readonly DocumentPayment[];
  /** Of a credit note. */
  invoice?: { number: string; issuedAt: string };
}

/** A document without its number. */
export interface Draft {
  documentId: string;
  kind: DocumentKind;
  orderId: string;
  customerId: string;
  refundId: string | null;
  country: string;
  totalMinor: number;
  netMinor: number;
  currency: string;
  content: Content;
}

/** The place of a document in its series. */
export interface Placement {
  sellerId: string;
  country: string;
  kind: DocumentKind;
  year: number;
  position: number;
}

export interface StoredDocument extends Draft, Placement {
  issuedAt: Date;
}

const PREFIX: Record<DocumentKind, string> = { invoice: "INV", creditNote: "CN" };
const DIGITS = 6;

/** Such as `INV-GB-2026-000123`. */
export function numberOf({ kind, country, year, position }: Omit<Placement, "sellerId">): string {
  return [PREFIX[kind], country, year, String(position).padStart(DIGITS, "0")].join("-");
}

/** The place that the number of a credit note means; undefined when it is none. */
export function placeOf(number: string): Pick<Placement, "country" | "year" | "position"> | undefined {
  const [, country = "", year, position] = /^CN-([A-Z]{2})-(\d{4})-(\d{6,9})$/.exec(number) ?? [];
  return country === "" ? undefined : { country, year: Number(year), position: Number(position) };
}
