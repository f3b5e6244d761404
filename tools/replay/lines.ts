import { limits } from "#config/limits.ts";
import type { CsvRecord } from "./csv.ts";
import { isDecimal, parsePence } from "./pence.ts";

/** The columns of the file, in this order. */
const COLUMNS = ["invoice", "stockCode", "description", "quantity", "date", "unitPrice", "customerId", "country"];

/**
 * Why a line is not sold. A line to which several reasons apply counts under the first of this list, once.
 * - `cancellation`: the invoice begins with C (cancelled) or A (an adjustment of bad debt)
 * - `notAProduct`: the code is not five digits with optional letters behind them (postage, fees, vouchers, …)
 * - `quantityNotPositive`, `priceNotPositive`: stock corrections, gifts and write-offs
 * - `priceNotWholePence`: cannot be charged; rounding it would change the revenue
 * - `quantityTooLarge`: more than the shop takes in one line
 */
export const SKIP_REASONS = [
  "cancellation",
  "notAProduct",
  "quantityNotPositive",
  "priceNotPositive",
  "priceNotWholePence",
  "quantityTooLarge",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** A line that the shop can sell. `priceMinor` is the price of one, in pence. */
export interface SoldLine {
  invoice: string;
  /** Upper case: the file writes the same code as 85123A and 85123a. */
  code: string;
  title: string;
  quantity: number;
  priceMinor: number;
  /** ISO 8601, UTC, so that comparing text compares time. */
  at: string;
  /** Empty where the file names no customer. */
  customer: string;
  country: string;
}

/** A line that is left out; kept with its place in time, because it is counted only within the invoices taken. */
export interface SkippedLine {
  invoice: string;
  at: string;
  reason: SkipReason;
}

/**
 * A line that is not sold may say that pieces came back: `returned` has their number, which is positive, and the price that
 * they were sold at.
 */
export type Classified = { sold: SoldLine } | { skipped: SkippedLine; returned?: SoldLine };

const CANCELLATION = /^[CA]/i;
const PRODUCT_CODE = /^\d{5}[A-Za-z]*$/;
const INTEGER = /^-?\d{1,9}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** @throws Error when the first record is not the header this command knows */
export function checkHeader(header: CsvRecord): void {
  const found = header.fields.map((name) => name.replace(/^\uFEFF/, ""));
  if (found.join() !== COLUMNS.join()) throw new Error(`the first line must name the columns ${COLUMNS.join(",")}`);
}

/**
 * Decides whether a line can be sold.
 * @throws Error naming the line when it cannot be read at all (wrong number of fields, no number, no moment)
 */
export function classify({ line, fields }: CsvRecord): Classified {
  const [invoice, stockCode, description, quantityText, at, priceText, customer, country] = fields;
  if (
    fields.length !== COLUMNS.length ||
    !invoice || // an absent field ends here as well, which tells the compiler that the rest is there
    stockCode === undefined ||
    description === undefined ||
    quantityText === undefined ||
    at === undefined ||
    priceText === undefined ||
    customer === undefined ||
    country === undefined
  ) {
    throw new Error(`line ${line}: expected the fields ${COLUMNS.join(",")}`);
  }
  if (!INTEGER.test(quantityText)) throw new Error(`line ${line}: the quantity is not an integer: ${quantityText}`);
  if (!MOMENT.test(at)) throw new Error(`line ${line}: the date is not a moment in UTC: ${at}`);
  if (!isDecimal(priceText)) throw new Error(`line ${line}: the price is not a decimal number: ${priceText}`);
  const quantity = Number(quantityText);
  const priceMinor = parsePence(priceText);
  const content = {
    invoice,
    code: stockCode.toUpperCase(),
    title: description.trim(),
    at,
    customer: customer.trim(),
    country: country.trim(),
  };
  const reason = skipReason(invoice, stockCode, quantity, priceText, priceMinor);
  if (reason === undefined) return { sold: { ...content, quantity, priceMinor: priceMinor ?? 0 } }; // absent ones are skipped
  const skipped = { invoice, at, reason };
  const returned =
    reason === "cancellation" && skipReason("", stockCode, -quantity, priceText, priceMinor) === undefined;
  return returned
    ? { skipped, returned: { ...content, quantity: -quantity, priceMinor: priceMinor ?? 0 } }
    : { skipped };
}

function skipReason(
  invoice: string,
  stockCode: string,
  quantity: number,
  priceText: string,
  priceMinor: number | undefined,
): SkipReason | undefined {
  if (CANCELLATION.test(invoice)) return "cancellation";
  if (!PRODUCT_CODE.test(stockCode)) return "notAProduct";
  if (quantity <= 0) return "quantityNotPositive";
  if (priceText.startsWith("-") || priceMinor === 0) return "priceNotPositive";
  if (priceMinor === undefined) return "priceNotWholePence";
  if (quantity > limits.LINE_QUANTITY) return "quantityTooLarge";
  return undefined;
}
