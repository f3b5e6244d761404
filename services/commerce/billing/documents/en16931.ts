import { minorDigits, toMinor } from "#lib/contract/money.ts";
import { cumulativeShare, split } from "../domain/allocate.ts";
import { isSameTax } from "../domain/document.ts";
import type { PrintedDocument } from "./wording.ts";

/**
 * The category of VAT (UNCL5305): standard rate, zero rate, exempt, reverse charge, export, or outside the scope of the tax.
 */
export type VatCategory = "S" | "Z" | "E" | "AE" | "G" | "O";

interface Vat {
  category: VatCategory;
  rate: number;
}

export interface InvoiceLine extends Vat {
  sku?: string | undefined;
  title: string;
  quantity: number;
  /** Without tax, of one piece before the discount: decimal text. */
  netPrice: string;
  /** What the discount takes off, without tax. */
  allowanceMinor: number;
  /** After the discount. */
  netMinor: number;
}

/** What is taxed alike. */
export interface Breakdown extends Vat {
  netMinor: number;
  taxMinor: number;
}

/** The figures of a document as EN 16931 wants them: lines without tax, whose sum the tax is added to. */
export interface Figures {
  digits: number;
  lines: InvoiceLine[];
  /** One for each category and rate. */
  taxes: Breakdown[];
  netMinor: number;
  taxMinor: number;
  totalMinor: number;
}

const MOST_DIGITS = 2;
const PRICE_DIGITS = 8; // so that the largest quantity times the price is exact to the minor unit

/**
 * @returns undefined for what EN 16931 cannot say: amounts with more than two decimal digits, several taxes on one line, goods
 * outside the scope of VAT among others, and a tax without the number of the seller, or a reverse charge without the buyer's
 */
export function figuresOf(document: PrintedDocument): Figures | undefined {
  const { lines, net, tax, total, currency, seller, buyer } = document;
  const digits = minorDigits(currency);
  if (digits > MOST_DIGITS || (tax.length > 0 && seller.taxId === undefined)) return undefined;
  if (tax.some(({ reason }) => reason === "reverseCharge") && buyer.taxId === undefined) return undefined;
  const figures = lines.some((line) => line.tax) ? linesByTheirTaxes(document) : linesByTheTax(document);
  if (!figures) return undefined;
  const taxes = [...Map.groupBy(figures, ({ vat: { category, rate } }) => `${category} ${rate}`).values()].map(
    (same) => ({
      ...(same[0] as Figure).vat,
      netMinor: same.reduce((sum, { netMinor }) => sum + netMinor, 0),
      taxMinor: same.reduce((sum, { taxMinor }) => sum + taxMinor, 0),
    }),
  );
  return {
    digits,
    lines: lines.map((line, i) => {
      const { sku, title, quantity } = line;
      const figure = figures[i] as Figure;
      const { netMinor, vat } = figure;
      const allowanceMinor = allowanceOf(line, figure, document);
      const netPrice = unitPrice(netMinor + allowanceMinor, quantity, digits);
      return { sku, title, quantity, netMinor, allowanceMinor, netPrice, ...vat };
    }),
    taxes,
    netMinor: toMinor(net, currency),
    taxMinor: taxes.reduce((sum, { taxMinor }) => sum + taxMinor, 0),
    totalMinor: toMinor(total, currency),
  };
}

/**
 * The discount of a line without the taxes that prices include: in proportion to the rest of the line, and by the rates where
 * nothing is left.
 */
function allowanceOf(
  { discount = 0, total, tax: own = [] }: PrintedDocument["lines"][number],
  { netMinor }: Figure,
  { currency, tax: taxes }: PrintedDocument,
): number {
  const [discountMinor, totalMinor] = [toMinor(discount, currency), toMinor(total, currency)];
  if (totalMinor > 0) return cumulativeShare(discountMinor, netMinor, totalMinor);
  const levied = own.length > 0 ? taxes.filter((tax) => own.some((one) => isSameTax(one, tax))) : taxes;
  const rate = levied.reduce((sum, { included, rate: percent }) => sum + (included ? percent : 0), 0);
  return Math.round(discountMinor / (1 + rate / 100));
}

interface Figure {
  netMinor: number;
  taxMinor: number;
  vat: Vat;
}

/** Each line has one tax. */
function linesByTheirTaxes({ lines, tax: taxes, currency }: PrintedDocument): Figure[] | undefined {
  const minor = (amount: number) => toMinor(amount, currency);
  const figures = lines.flatMap(({ total, tax: own = [] }): Figure[] => {
    const [only] = own;
    const whole = only && taxes.find((tax) => isSameTax(tax, only));
    if (!whole || own.length > 1) return [];
    const included = whole.included ? minor(only.amount) : 0;
    const netMinor = minor(total) - included - minor(only.takenOff ?? 0);
    return [{ netMinor, taxMinor: minor(only.amount), vat: vatOf(whole) }];
  });
  return figures.length === lines.length ? figures : undefined;
}

/** All lines have the one tax of the document, or there is none. */
function linesByTheTax({ lines, net, tax: [only, ...others], currency }: PrintedDocument): Figure[] | undefined {
  if (others.length > 0) return undefined;
  const nets = split(
    toMinor(net, currency),
    lines.map((line) => toMinor(line.total, currency)),
  );
  const taxes = split(toMinor(only?.amount ?? 0, currency), nets);
  const vat: Vat = only ? vatOf(only) : { category: "O", rate: 0 };
  return nets.map((netMinor, i) => ({ netMinor, taxMinor: taxes[i] ?? 0, vat }));
}

const REASONS = { exempt: "E", reverseCharge: "AE", export: "G" } as const;

function vatOf({ rate, reason }: PrintedDocument["tax"][number]): Vat {
  return { rate, category: reason ? REASONS[reason] : rate > 0 ? "S" : "Z" };
}

/** Decimal text of an amount in minor units. */
export function decimal(minor: number | bigint, digits: number): string {
  if (digits === 0) return String(minor);
  const text = String(minor).padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function unitPrice(netMinor: number, quantity: number, digits: number): string {
  const scale = 10n ** BigInt(PRICE_DIGITS - digits);
  const pieces = BigInt(quantity);
  const price = (2n * BigInt(netMinor) * scale + pieces) / (2n * pieces);
  return decimal(price, PRICE_DIGITS)
    .replace(new RegExp(`(\\.\\d{${digits}}\\d*?)0+$`), "$1")
    .replace(/\.$/, "");
}
