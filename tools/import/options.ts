import { parseArgs } from "node:util";
import { origin, SHOP_OPTIONS, UsageError } from "../replay/options.ts";

export const USAGE = `usage: npm run import -- <file> [options]

Imports a file of products through the shop's public API, and follows the import to its end.

<file> is a CSV file of the shop's own columns or of Shopify's (docs/import.md), or products of Icecat as JSON: an array of
{id, title, brand, desc, attrs}. Either may be compressed with gzip. For products of Icecat the attributes and their sets are
defined first.

  --create WHAT         what to add when a row names one that is missing: brands, categories or brands,categories
                        (nothing; brands,categories for products of Icecat)
  --currency CODE       of prices that name none (the shop's own)
  --url URL             where the shop is (http://127.0.0.1:3000)
  --staff-email EMAIL   who imports (admin@example.com)
  --staff-password PW   (admin-password-1)

Ends with 0 when every row is imported, 1 when not, 2 when called wrongly.`;

export interface Options {
  file: string;
  create: string | undefined;
  currency: string | undefined;
  url: string;
  staffEmail: string;
  staffPassword: string;
}

/** @throws UsageError */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError("name one file");
  return {
    file,
    create: values.create,
    currency: values.currency,
    url: origin(values.url).replace(/\/+$/, ""),
    staffEmail: values["staff-email"],
    staffPassword: values["staff-password"],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        create: { type: "string" },
        currency: { type: "string" },
        ...SHOP_OPTIONS,
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
