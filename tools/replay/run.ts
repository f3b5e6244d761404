import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { pricingLimits } from "#services/product/pricing/domain/limits.ts";
import { addPence, CURRENCY } from "./pence.ts";
import { hundredths, type Percentiles, percentiles } from "./percentiles.ts";
import { chunk, type Plan, type PlannedOrder } from "./plan.ts";
import { pool } from "./pool.ts";
import { setUpList } from "./price-lists.ts";
import type { Progress } from "./progress.ts";
import { setUpPromotion, wrongDiscounts } from "./promotions.ts";
import { sellerDifferences, setUpSeller } from "./sellers.ts";
import type { Session } from "./session.ts";
import { type Customer, isPaid, type Shop, ShopError } from "./shop.ts";

/** What a run came to. Its JSON is what `--json` prints. */
export interface Summary extends Percentiles {
  invoices: number;
  orders: number;
  paid: number;
  skipped: Plan["skipped"];
  /** Pence. */
  revenueShopMinor: number;
  revenueFileMinor: number;
  currency: string;
  ordersPerSecond: number;
}

export interface Outcome {
  summary: Summary;
  /** Orders the shop knew from an earlier run. */
  replayed: number;
  /** Orders that are not paid: `<key>: <why>`. */
  unpaid: string[];
  /** Orders whose discounts are not those of the plan: `<key>: <what is wrong>`. */
  misjudged: string[];
  /** What sellers got, or the shop has kept, otherwise than planned. */
  miscredited: string[];
  placed: readonly Placed[];
}

export interface Placed {
  orderId: string;
  customer: Customer;
  key: string;
}

/**
 * Carries a plan out: catalogue, prices, stock, customers, orders, and then reads every order back. Each step sets
 * something or carries an idempotency key, so that a run that was killed is finished by running it again.
 * @throws Error when the shop is away for too long or refuses the catalogue, the stock or a customer
 */
export async function run(
  plan: Plan,
  shop: Shop,
  staff: Session,
  concurrency: number,
  progress: Progress,
): Promise<Outcome> {
  const products = await stockTheShop(plan, shop, staff, progress);
  const sellers = new Map<string, string>();
  for (const seller of plan.sellers ?? [])
    sellers.set(seller.name, await setUpSeller(seller, shop, staff, concurrency));
  const customers = await registerCustomers(plan, shop, staff, concurrency, progress);

  const unpaid: string[] = [];
  const placed: Placed[] = [];
  const durationsMs: number[] = [];
  let replayed = 0;
  progress.begin("orders", plan.orders.length);
  const started = performance.now();
  await pool(plan.orders, concurrency, async (order) => {
    const customer = customerOf(order, customers);
    const begun = performance.now();
    try {
      const answer = await shop.placeOrder(customer, order, { products, sellers });
      durationsMs.push(performance.now() - begun);
      placed.push({ orderId: answer.orderId, customer, key: order.key });
      if (answer.replayed) replayed += 1;
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      unpaid.push(`${order.key}: ${error.message}`);
    }
    progress.step();
  });
  const seconds = (performance.now() - started) / 1_000;
  progress.end();

  // A run before this one may have refunded all of an order.
  const refunded = new Set(plan.refunds.map(({ order }) => order));
  const readings = { plan, placed, refunded };
  const { paid, revenueMinor, misjudged } = await readBack(readings, shop, concurrency, progress, unpaid);
  const isComplete = plan.sellers && unpaid.length === 0;
  const miscredited = isComplete ? await sellerDifferences(plan, sellers, shop, staff) : [];
  const summary: Summary = {
    invoices: plan.invoices,
    orders: placed.length,
    paid,
    skipped: plan.skipped,
    revenueShopMinor: revenueMinor,
    revenueFileMinor: plan.revenueMinor,
    currency: CURRENCY,
    ordersPerSecond: seconds > 0 ? hundredths(placed.length / seconds) : 0,
    ...percentiles(durationsMs),
  };
  return { summary, replayed, unpaid, misjudged, miscredited, placed };
}

/** Brings products, prices and stock to the shop; gives the products' ids by code. */
async function stockTheShop(plan: Plan, shop: Shop, staff: Session, progress: Progress): Promise<Map<string, string>> {
  const productIds = new Map<string, string>();
  progress.begin("products", plan.products.length);
  for (const products of chunk(plan.products, catalogLimits.PRODUCT_BATCH_ROWS)) {
    for (const [code, productId] of await shop.upsertProducts(staff, products)) productIds.set(code, productId);
    progress.step(products.length);
  }
  progress.end();

  const prices = plan.products.flatMap(({ code, pricesMinor }) =>
    pricesMinor.map((priceMinor) => ({ code, priceMinor })),
  );
  progress.begin("prices", prices.length);
  for (const rows of chunk(prices, pricingLimits.PRICE_BATCH_ROWS)) {
    await shop.upsertPrices(staff, rows);
    progress.step(rows.length);
  }
  progress.end();

  const lists = plan.lists ?? [];
  if (lists.length > 0) progress.begin("price lists", lists.length);
  for (const list of lists) {
    await setUpList(shop, staff, list, plan);
    progress.step();
  }
  if (lists.length > 0) progress.end();
  for (const promotion of plan.promotions ?? []) await setUpPromotion(shop, staff, promotion);

  progress.begin(
    "stock",
    plan.stock.reduce((sum, rows) => sum + rows.length, 0),
  );
  for (const rows of plan.stock) {
    await shop.addStock(staff, rows);
    progress.step(rows.length);
  }
  progress.end();
  return productIds;
}

/**
 * Registers and logs in the customers of the plan before the first order: hashing passwords is meant to be slow, and
 * would otherwise be most of what the orders' figures measure.
 */
async function registerCustomers(
  plan: Plan,
  shop: Shop,
  staff: Session,
  concurrency: number,
  progress: Progress,
): Promise<Map<string, Customer>> {
  const numbers = [...new Set(plan.orders.map(({ customer }) => customer))];
  const customers = new Map<string, Customer>();
  progress.begin("customers", numbers.length);
  await pool(numbers, concurrency, async (number) => {
    customers.set(number, await shop.customer(staff, number));
    progress.step();
  });
  progress.end();
  return customers;
}

function customerOf(order: PlannedOrder, customers: ReadonlyMap<string, Customer>): Customer {
  const customer = customers.get(order.customer);
  if (customer === undefined) throw new Error(`the customer of ${order.key} was not registered`);
  return customer;
}

/** Asks the shop for every order once more and adds up what it says was paid; adds the others to `unpaid`. */
async function readBack(
  { plan, placed, refunded }: { plan: Plan; placed: readonly Placed[]; refunded: ReadonlySet<string> },
  shop: Shop,
  concurrency: number,
  progress: Progress,
  unpaid: string[],
): Promise<{ paid: number; revenueMinor: number; misjudged: string[] }> {
  const planned = new Map(plan.orders.map(({ key, discounts }) => [key, discounts]));
  const misjudged: string[] = [];
  let paid = 0;
  let revenueMinor = 0;
  const seen = new Set<string>();
  progress.begin("orders read back", placed.length);
  await pool(placed, concurrency, async ({ orderId, customer, key }) => {
    const { status, goodsMinor, discounts } = await shop.readOrder(customer, orderId);
    const wrong = wrongDiscounts(planned.get(key), discounts);
    if (wrong !== undefined) misjudged.push(`${key}: ${wrong}`);
    if (seen.has(orderId)) unpaid.push(`${key}: shares ${orderId} with another order`);
    else if (!isPaid(status) && !(status === "refunded" && refunded.has(key)))
      unpaid.push(`${key}: ${orderId} is ${status}`);
    else {
      paid += 1;
      revenueMinor = addPence(revenueMinor, goodsMinor);
    }
    seen.add(orderId);
    progress.step();
  });
  progress.end();
  return { paid, revenueMinor, misjudged };
}
