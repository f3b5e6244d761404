import { minorDigits, toMinor } from "#lib/contract/money.ts";
import { split } from "../domain/allocate.ts";
import type { PrintedDocument } from "./wording.ts";

/** The category of VAT: standard rate, zero rate, or outside the scope of the tax. */
export type VatCategory = "S" | "Z" | "O";

export interface InvoiceLine {
  sku?: string | undefined;
  title: string;
  quantity: number;
  /** Without tax, of one piece: decimal text. */
  netPrice: string;
  netMinor: number;
}

/** The figures of a document as EN 16931 wants them: lines without tax, whose sum the tax is added to. */
export interface Figures {
  digits: number;
  category: VatCategory;
  rate: number;
  lines: InvoiceLine[];
  netMinor: number;
  taxMinor: number;
  totalMinor: number;
}

const MOST_DIGITS = 2;
const PRICE_DIGITS = 8; // so that the largest quantity times the price is exact to the minor unit

/**
 * @returns undefined for what EN 16931 cannot say: amounts with more than two decimal digits, several taxes on one line, and
 * a tax without the number of the seller
 */
export function figuresOf({ lines, net, tax, total, currency, seller }: PrintedDocument): Figures | undefined {
  const digits = minorDigits(currency);
  const [only] = tax;
  const rate = only?.rate ?? 0;
  if (digits > MOST_DIGITS || tax.length > 1 || (only && seller.taxId === undefined)) return undefined;
  const netMinor = toMinor(net, currency);
  const nets = split(
    netMinor,
    lines.map((line) => toMinor(line.total, currency)),
  );
  return {
    ...{ digits, category: only ? (rate > 0 ? "S" : "Z") : "O", rate },
    lines: lines.map(({ sku, title, quantity }, i) => {
      const lineMinor = nets[i] ?? 0;
      return { sku, title, quantity, netMinor: lineMinor, netPrice: unitPrice(lineMinor, quantity, digits) };
    }),
    ...{ netMinor, taxMinor: toMinor(only?.amount ?? 0, currency), totalMinor: toMinor(total, currency) },
  };
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
