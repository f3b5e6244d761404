import { toMajor, toMinor } from "#lib/contract/money.ts";
import { isSameTax } from "../domain/document.ts";
import type { CreditNote, Invoice } from "../domain/schemas.ts";
import type { Formats } from "./format.ts";

export type PrintedDocument = Invoice | CreditNote;

export function isCreditNote(document: PrintedDocument): document is CreditNote {
  return "creditNoteId" in document;
}

export function titleOf(document: PrintedDocument): string {
  return isCreditNote(document) ? "Credit note" : "Invoice";
}

/** The facts beside the address, as label and value. */
export function factsOf(document: PrintedDocument, formats: Formats): [label: string, value: string][] {
  const of = isCreditNote(document)
    ? ([
        ["Credits invoice", document.invoiceNumber],
        ["Invoice date", formats.date(document.invoicedAt)],
      ] as [string, string][])
    : [];
  return [
    [`${titleOf(document)} no.`, document.number],
    ["Date", formats.date(document.issuedAt)],
    ...of,
    ["Order date", formats.date(document.orderedAt)],
  ];
}

/** Lines of an address as a postman reads them. The country is named where it is another one than the sender's. */
export function addressLines(address: PrintedDocument["buyer"]["address"], from: string, formats: Formats): string[] {
  const { street, city, state, zipCode, country } = address;
  const afterCity = ["US", "CA", "AU", "GB", "IE", "IN"].includes(country);
  const place = afterCity
    ? [city, [state, zipCode].filter(Boolean).join(" ")].filter(Boolean).join(state === "" ? "  " : ", ")
    : [zipCode, city].filter(Boolean).join(" ");
  const region = afterCity || state === "" ? [] : [state];
  return [street, place, ...region, ...(country === from ? [] : [formats.country(country).toUpperCase()])];
}

const METHODS: Record<PrintedDocument["payments"][number]["type"], string> = {
  card: "Card",
  wallet: "Wallet",
  emi: "Instalments by card",
  upi: "UPI",
  bank_redirect: "Bank transfer",
  giftCard: "Gift card",
  storeCredit: "Store credit",
  other: "Payment",
};

const NAMES: Readonly<Record<string, string>> = { paypal: "PayPal", momo: "MoMo", vnpay: "VNPay" };

export function paymentOf({ type, name, last4 }: PrintedDocument["payments"][number]): string {
  const named = name === undefined ? METHODS[type] : (NAMES[name] ?? name);
  return last4 === undefined ? named : `${named} ending in ${last4}`;
}

export function paymentNote(document: PrintedDocument): string {
  return isCreditNote(document)
    ? "The amount goes back the way it was paid. Nothing needs to be done."
    : "Paid in full. Thank you for your order; no payment is due.";
}

/** The lines above the total: what is net and what is tax; none without taxes. */
export function totalsOf(document: PrintedDocument, formats: Formats): (readonly [label: string, amount: number])[] {
  const { net, tax, currency } = document;
  if (tax.length === 0) return [];
  const takenOff = tax.flatMap(({ name, takenOff: off }) => (off ? [[`${name} not charged`, -off] as const] : []));
  const taxed = tax
    .filter(({ reason }) => reason === undefined)
    .map((one) => {
      const base = tax.length === 1 ? net : toMajor(baseMinor(document, one), currency);
      return [`${one.name} ${formats.percent(one.rate)} on ${formats.amount(base)}`, one.amount] as const;
    });
  return [...takenOff, ["Net amount", net], ...taxed];
}

/** The net price of the lines that have a tax. */
function baseMinor({ lines, currency, tax }: PrintedDocument, of: PrintedDocument["tax"][number]): number {
  const minor = (amount: number) => toMinor(amount, currency);
  const isIncluded = tax.some(({ included }) => included);
  return lines
    .filter(({ tax: own = [] }) => own.some((one) => isSameTax(one, of)))
    .map(
      ({ total, tax: own = [] }) => minor(total) - (isIncluded ? own.reduce((sum, t) => sum + minor(t.amount), 0) : 0),
    )
    .reduce((sum, base) => sum + base, 0);
}

/** Which promotions have taken something off the lines. */
export function discountNotes({ discounts = [] }: PrintedDocument, formats: Formats): string[] {
  return discounts.map(({ name, code, amount }) => {
    const named = code === undefined ? name : `${name} (${code})`;
    return `Discount of ${formats.money(amount)}, taken off the amounts above: ${named}`;
  });
}

/** What the law wants to be said about the taxes of a document. */
export function taxNotes(document: PrintedDocument): string[] {
  const { tax, buyer } = document;
  const has = (reason: (typeof tax)[number]["reason"]) => tax.some((one) => one.reason === reason);
  const included = tax.filter((one) => one.included).map(({ name }) => name);
  return [
    ...(included.length > 0 && !isCreditNote(document)
      ? [`All prices include ${[...new Set(included)].join(" and ")}.`]
      : []),
    ...(has("reverseCharge")
      ? [`Reverse charge: the recipient is liable for the VAT. VAT number of the recipient: ${buyer.taxId}`]
      : []),
    ...(has("exempt") ? ["Exempt from tax."] : []),
    ...(has("export") ? ["Export: not taxed."] : []),
  ];
}
