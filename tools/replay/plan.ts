import { limits } from "#config/limits.ts";
import { inventoryLimits } from "#services/logistics/inventory/domain/limits.ts";
import type { Json } from "./json.ts";
import { type Classified, SKIP_REASONS, type SkippedLine, type SkipReason, type SoldLine } from "./lines.ts";
import { addPence } from "./pence.ts";

/** Lines held in memory, about 100 bytes each; the file this was made for has half a million. */
const LINES = 5_000_000;
/**
 * Stock is added for the first 500 invoices together, then for those up to 1,000, 2,000, 4,000 and so on. These blocks
 * do not depend on how many invoices a run takes, so that a run of 2,000 after one of 500 adds only what the 1,500
 * others need. (A run that ends inside a block has a shorter block there, which a larger run does not know of; what
 * it added stays in stock.) One block for everything would forget all earlier runs; many small ones would adjust, and
 * tell the world about, the same variants again and again.
 */
const FIRST_STOCK_BLOCK_INVOICES = 500;

/** A product and every price it was ever sold at in the file, in the order of first sale. */
export interface PlannedProduct {
  code: string;
  title: string;
  /** Pence. */
  pricesMinor: number[];
}

export interface PlannedItem {
  code: string;
  sku: string;
  quantity: number;
  /** Price of one, in pence. */
  priceMinor: number;
  /** The name of the seller whose offer it is; absent: it is the shop's own. */
  seller?: string;
  discountMinor?: number; // what promotions must take off all its pieces, in pence
}

/** Money that goes back for pieces of one order that the customer returned. */
export interface PlannedRefund {
  /** Idempotency key: the file's number of the return, and the order. */
  key: string;
  /** The key of the order. */
  order: string;
  /** Pence. */
  amountMinor: number;
}

export interface PlannedOrder {
  /** Idempotency key: the invoice number, for further orders of the same invoice with `-2`, `-3`, … behind it. */
  key: string;
  /** The file's customer number, empty where it names none. */
  customer: string;
  country: string;
  items: PlannedItem[];
  /** What promotions must take off it, by name, in pence. */
  discounts?: ReadonlyMap<string, number>;
}

/** A promotion of the replay. */
export interface PlannedPromotion {
  name: string;
  terms: Json;
  /** What it takes off an order, in percent of what earlier promotions have left; 0: nothing. */
  percentOf(items: readonly PlannedItem[]): number;
  /** The orders that it takes something off. */
  orders: number;
  /** Together, in pence. */
  discountMinor: number;
}

/** A seller of the replay, with what all orders together must come to. */
export interface PlannedSeller {
  name: string;
  percent: number; // of commission
  /** What is sold, in pence. */
  grossMinor: number;
  /** What the shop keeps of it, in pence. */
  commissionMinor: number;
  /** What the seller offers, by sku. */
  offers: Map<string, { priceMinor: number; pieces: number }>;
}

/** A price list of the replay: so many percent of every price, for some lines of some orders. */
export interface PlannedList {
  code: string;
  terms: { priority: number; region?: string };
  minQuantity: number;
  percent: number;
  /** The lines that it was the price of. */
  lines: number;
  /** What these cost less than in the file, in pence. */
  reducedMinor: number;
}

/** Pieces to be added to the stock of one variant. */
export interface StockRow {
  sku: string;
  delta: number;
}

/** What a run will do; the same file and number of invoices always give the same plan. */
export interface Plan {
  invoices: number;
  /** Lines of the file that are sold. */
  lines: number;
  /** Lines left out, dated before the first invoice that is not taken or belonging to one that is. */
  skipped: Record<SkipReason, number>;
  /** Everything the file ever sells, not only what these invoices need: a larger run finds the same products. */
  products: PlannedProduct[];
  /** In time order. */
  orders: PlannedOrder[];
  /** In time order; only of pieces that these orders have sold. */
  refunds: PlannedRefund[];
  /** Batches of stock; each is added exactly once. */
  stock: StockRow[][];
  /** Σ price × quantity of the lines sold, in pence. */
  revenueMinor: number;
  /** Price lists that the shop has; each line is at the price that holds. */
  lists?: readonly PlannedList[];
  /** Promotions that the shop has. */
  promotions?: readonly PlannedPromotion[];
  /** Sellers of some of the products. */
  sellers?: readonly PlannedSeller[];
}

/** Which invoices are taken. */
export interface Selection {
  /** Only the first so many in time order. */
  count?: number | undefined;
  /** Only those of one month, such as `2011-11`. */
  month?: string | undefined;
}

interface Invoice {
  at: string;
  customer: string;
  country: string;
  lines: PlannedItem[];
}

/** The stock keeping unit of a product at a price: `85123A-255` is 85123A at 2.55. */
export function skuOf(code: string, priceMinor: number): string {
  return `${code}-${priceMinor}`;
}

/** Collects the lines of the file, then plans. */
export class SalesBook {
  readonly #invoices = new Map<string, Invoice>();
  readonly #products = new Map<string, { title: string; prices: Set<number> }>();
  readonly #skipped: SkippedLine[] = [];
  readonly #returned: SoldLine[] = [];
  #lines = 0;

  /** @throws Error when the file has more lines than are held */
  add(line: Classified): void {
    this.#lines += 1;
    if (this.#lines > LINES) throw new Error(`the file has more than ${LINES} lines`);
    if ("sold" in line) this.#sell(line.sold);
    else {
      this.#skipped.push(line.skipped);
      if (line.returned) this.#returned.push(line.returned);
    }
  }

  /** Plans invoices that have something to sell. */
  plan({ count = Number.POSITIVE_INFINITY, month = "" }: Selection = {}): Plan {
    // The sort is stable: invoices of the same minute stay in the order of the file.
    const ofMonth = [...this.#invoices].filter(([, { at }]) => at.startsWith(month));
    const inTime = ofMonth.sort(([, a], [, b]) => byText(a.at, b.at));
    const taken = inTime.slice(0, count);
    const firstLeftOut = inTime[taken.length]?.[1].at;
    const orders = taken.map(([invoice, content]) => ordersOf(invoice, content));
    const sold = taken.flatMap(([, { lines }]) => lines);
    return {
      invoices: taken.length,
      lines: sold.length,
      skipped: this.#countSkipped(new Set(taken.map(([invoice]) => invoice)), month, firstLeftOut),
      products: [...this.#products].map(([code, { title, prices }]) => ({ code, title, pricesMinor: [...prices] })),
      orders: orders.flat(),
      refunds: refundsOf(
        orders.flat(),
        this.#returned.filter(({ at }) => at.startsWith(month)).sort((a, b) => byText(a.at, b.at)),
      ),
      stock: stockBlocks(orders).flatMap((block) => stockOf(block.flat())),
      revenueMinor: sold.reduce((sum, { priceMinor, quantity }) => addPence(sum, priceMinor * quantity), 0),
    };
  }

  #sell({ invoice, code, title, quantity, priceMinor, at, customer, country }: SoldLine): void {
    const product = this.#products.get(code) ?? { title: "", prices: new Set() };
    product.title ||= title;
    product.prices.add(priceMinor);
    this.#products.set(code, product);
    const content = this.#invoices.get(invoice) ?? { at, customer, country, lines: [] };
    if (at < content.at) content.at = at;
    content.lines.push({ code, sku: skuOf(code, priceMinor), quantity, priceMinor });
    this.#invoices.set(invoice, content);
  }

  #countSkipped(
    taken: ReadonlySet<string>,
    month: string,
    firstLeftOut: string | undefined,
  ): Record<SkipReason, number> {
    const counts = Object.fromEntries(SKIP_REASONS.map((reason) => [reason, 0])) as Record<SkipReason, number>;
    for (const { invoice, at, reason } of this.#skipped) {
      if (!at.startsWith(month)) continue;
      if (firstLeftOut === undefined || at < firstLeftOut || taken.has(invoice)) counts[reason] += 1;
    }
    return counts;
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What returned pieces cost, given back with the customer's orders of the same variant, the oldest first, whether it came
 * before or after the return: in the file, neither names the other. Pieces that these orders have not sold are left out.
 */
function refundsOf(orders: readonly PlannedOrder[], returned: readonly SoldLine[]): PlannedRefund[] {
  const sold = new Map<string, { order: string; left: number }[]>();
  for (const { key: order, customer, items } of orders) {
    if (customer === "") continue; // whose pieces they are is not known
    for (const { sku, quantity } of items) {
      const name = `${customer} ${sku}`;
      sold.set(name, [...(sold.get(name) ?? []), { order, left: quantity }]);
    }
  }
  const refunds = new Map<string, PlannedRefund>();
  for (const { invoice, customer, code, priceMinor, quantity } of returned) {
    let open = quantity;
    for (const lot of sold.get(`${customer} ${skuOf(code, priceMinor)}`) ?? []) {
      const pieces = Math.min(open, lot.left);
      if (pieces === 0) continue;
      lot.left -= pieces;
      open -= pieces;
      const key = `${invoice}-of-${lot.order}`;
      const before = refunds.get(key)?.amountMinor ?? 0;
      refunds.set(key, { key, order: lot.order, amountMinor: addPence(before, pieces * priceMinor) });
    }
  }
  return [...refunds.values()];
}

/** Splits an invoice at every 250 of its lines: the shop takes no more in one order. */
function ordersOf(invoice: string, { customer, country, lines }: Invoice): PlannedOrder[] {
  return chunk(lines, limits.ORDER_LINES).map((part, index) => ({
    key: index === 0 ? invoice : `${invoice}-${index + 1}`,
    customer,
    country,
    items: merged(part),
  }));
}

/**
 * Lines of the same variant become one, as a cart would have them, unless together they are more than a line may hold.
 * Merging within an order changes neither how many orders an invoice needs nor what they cost.
 */
function merged(lines: readonly PlannedItem[]): PlannedItem[] {
  const items: PlannedItem[] = [];
  const bySku = new Map<string, PlannedItem>();
  for (const line of lines) {
    const before = bySku.get(line.sku);
    if (before !== undefined && before.quantity + line.quantity <= limits.LINE_QUANTITY) {
      before.quantity += line.quantity;
    } else {
      const item = { ...line };
      items.push(item);
      bySku.set(line.sku, item);
    }
  }
  return items;
}

/** Cuts at 500, 1,000, 2,000, 4,000 and so on. */
function stockBlocks<T>(invoices: readonly T[]): T[][] {
  const blocks: T[][] = [];
  for (let from = 0, to = FIRST_STOCK_BLOCK_INVOICES; from < invoices.length; from = to, to *= 2) {
    blocks.push(invoices.slice(from, to));
  }
  return blocks;
}

/** The pieces the orders need, in batches the shop takes, sorted so that batches lock rows in the same order. */
function stockOf(orders: readonly PlannedOrder[]): StockRow[][] {
  const needed = new Map<string, number>();
  for (const { sku, quantity } of orders.flatMap(({ items }) => items)) {
    needed.set(sku, (needed.get(sku) ?? 0) + quantity);
  }
  const rows = [...needed].map(([sku, delta]) => ({ sku, delta })).sort((a, b) => byText(a.sku, b.sku));
  return chunk(rows, inventoryLimits.STOCK_BATCH_ROWS);
}

/** Cuts a list into pieces of at most `size`. */
export function chunk<T>(list: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < list.length; at += size) pieces.push(list.slice(at, at + size));
  return pieces;
}
