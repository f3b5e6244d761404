/**
 * `npm run replay -- <sales file>`: lives through a file of real sales with the shop, over its public REST API.
 *
 * Products are the file's stock codes, in upper case; variants are the prices each was ever sold at. Customers are the
 * file's; invoices without one belong to a single account, retail-guest@customers.example. Invoices become orders in
 * time order with the invoice number as idempotency key. The shop keeps those keys for 24 hours: within them a second
 * run, or a run after one that was killed, adds only what is missing; later it would sell everything once more.
 */
import { existsSync } from "node:fs";
import { bookDifferences, keepBooks } from "./replay/books.ts";
import { parseOptions, USAGE, UsageError } from "./replay/options.ts";
import { withPriceLists } from "./replay/price-lists.ts";
import { Progress } from "./replay/progress.ts";
import { withPromotions } from "./replay/promotions.ts";
import { readSales } from "./replay/read-sales.ts";
import { booksTable, complaint, table } from "./replay/report.ts";
import { run } from "./replay/run.ts";
import { withSellers } from "./replay/sellers.ts";
import { Shop } from "./replay/shop.ts";
import { setTax } from "./replay/tax.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (!existsSync(options.file)) throw new UsageError(`there is no file ${options.file}`);
  const sales = await readSales(options.file).catch((error: Error) => {
    throw new Error(`${options.file}: ${error.message}`);
  });
  const planned = sales.plan({ count: options.invoices, month: options.month });
  const priced = options.priceLists ? withPriceLists(planned) : planned;
  const reduced = options.promotions ? withPromotions(priced) : priced;
  const plan = options.sellers === undefined ? reduced : withSellers(reduced, options.sellers);
  const shop = new Shop(options.url, options.concurrency, options.patienceSeconds * 1_000);
  try {
    const staff = shop.staff(options.staffEmail, options.staffPassword);
    const progress = new Progress();
    if (options.tax) await setTax(plan, options.tax, shop, staff);
    const outcome = await run(plan, shop, staff, options.concurrency, progress);
    console.log(table(plan, outcome));
    const wrong = [complaint(plan, outcome) ?? []].flat();
    if (options.books && wrong.length === 0) {
      const books = await keepBooks(plan, outcome.placed, shop, staff, options.concurrency, progress);
      console.log(booksTable(books));
      wrong.push(...bookDifferences(plan, books, options.tax));
    }
    for (const line of wrong) console.error(`replay: ${line}`);
    if (options.json) console.log(JSON.stringify(outcome.summary));
    return wrong.length === 0 ? 0 : 1;
  } finally {
    shop.close();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\n\n${USAGE}` : `replay: ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
