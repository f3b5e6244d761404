import { parseArgs } from "node:util";
import { parseTax, type Tax } from "./tax.ts";

/** Most orders under way at once that may be asked for. */
const CONCURRENCY = 256;
const INVOICES = 1_000_000;
const SELLERS = 10;
/** Most seconds that the shop may be asked to be waited for. */
const PATIENCE_SECONDS = 3_600;

export const USAGE = `usage: npm run replay -- <sales file> [options]

Replays a file of real sales (CSV, or CSV in gzip) through the shop's public API.

  --invoices N          only the first N invoices in time order that have something to sell
  --month YYYY-MM       only the invoices of this month
  --price-lists         with two price lists in the shop, one for a country and one for many pieces; what they take off
                        each order is computed here as well, and must be what the shop charges
  --promotions          with two promotions in the shop, one for large orders and one for many pieces; each discount is
                        computed here as well, and must be what the shop takes off
  --sellers N           with half of the products sold by N sellers, whose proceeds and commission are computed here as
                        well, and must be what the shop owes and has kept
  --books               then refunds what customers returned, and compares invoices, credit notes and the ledger with the file
  --tax "NAME PERCENT"  the tax that all prices include, such as "VAT 20": sets it in the shop, and compares it with the books
  --concurrency N       orders under way at once (16)
  --url URL             where the shop is (http://127.0.0.1:3000)
  --staff-email EMAIL   who sets up products, prices and stock (admin@example.com)
  --staff-password PW   (admin-password-1)
  --patience SECONDS    how long the shop may be away before the replay gives up (120)
  --json                ends with one line of JSON

--books and --sellers need a shop that has sold nothing else in pounds.

Ends with 0 when every order is paid and shop and file agree to the penny, 1 when not, 2 when called wrongly.`;

export interface Options {
  file: string;
  /** Absent: all of them. */
  invoices?: number;
  month?: string;
  priceLists: boolean;
  promotions: boolean;
  /** Absent: none. */
  sellers?: number;
  books: boolean;
  concurrency: number;
  url: string;
  staffEmail: string;
  staffPassword: string;
  patienceSeconds: number;
  json: boolean;
  tax?: Tax;
}

/** A call that cannot be understood; the message says why. */
export class UsageError extends Error {}

/** Where the shop is, and who works in it. */
export const SHOP_OPTIONS = {
  url: { type: "string", default: "http://127.0.0.1:3000" },
  "staff-email": { type: "string", default: "admin@example.com" },
  "staff-password": { type: "string", default: "admin-password-1" },
} as const;

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError("name one sales file");
  if (values.books && (values["price-lists"] || values.promotions))
    throw new UsageError(
      "--books compares with the prices of the file: not together with --price-lists or --promotions",
    );
  if (values.sellers !== undefined && (values.books || values["price-lists"] || values.tax))
    throw new UsageError(
      "--sellers compares with the prices of the file: not together with --price-lists, --tax or --books",
    );
  return {
    file,
    ...(values.invoices !== undefined && { invoices: integer("invoices", values.invoices, INVOICES) }),
    ...(values.month !== undefined && { month: month(values.month) }),
    priceLists: values["price-lists"],
    promotions: values.promotions,
    ...(values.sellers !== undefined && { sellers: integer("sellers", values.sellers, SELLERS) }),
    books: values.books,
    concurrency: integer("concurrency", values.concurrency, CONCURRENCY),
    url: origin(values.url),
    staffEmail: values["staff-email"],
    staffPassword: values["staff-password"],
    patienceSeconds: integer("patience", values.patience, PATIENCE_SECONDS),
    json: values.json,
    ...(values.tax !== undefined && { tax: tax(values.tax) }),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        invoices: { type: "string" },
        month: { type: "string" },
        "price-lists": { type: "boolean", default: false },
        promotions: { type: "boolean", default: false },
        sellers: { type: "string" },
        books: { type: "boolean", default: false },
        concurrency: { type: "string", default: "16" },
        ...SHOP_OPTIONS,
        patience: { type: "string", default: "120" },
        json: { type: "boolean", default: false },
        tax: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function integer(name: string, text: string, maximum: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > maximum) throw new UsageError(`--${name} must be an integer from 1 to ${maximum}`);
  return value;
}

function month(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new UsageError("--month must be a month such as 2011-11");
  return text;
}

function tax(text: string): Tax {
  const read = parseTax(text);
  if (!read) throw new UsageError('--tax must be a name and a percentage such as "VAT 20"');
  return read;
}

/** @throws UsageError */
export function origin(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError("--url must be an http or https address");
  return text;
}
