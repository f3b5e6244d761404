import { processEnv } from "#config/env.ts";
import type { ListPrice, PriceList } from "#services/product/pricing/domain/lists.ts";
import { priceThatHolds } from "#services/product/pricing/domain/resolve.ts";
import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";
import { BASE_CHANGES } from "./prices.ts";

const held: Invariant = {
  name: "orders.price-held",
  says: "Each order is at prices that held for its buyer, country and quantities when it was placed.",
};

/** A price is checked so long before its order is stored, at most: longer than any request takes. */
const CHECKED_MS = 30_000;
/** The clocks of two databases may differ by so much. */
const CLOCKS_MS = 5_000;

interface Sold {
  orderId: string;
  customerId: string;
  currency: string;
  region: string | null;
  at: Date;
  sku: string;
  quantity: number;
  prices: number[];
}

interface Change {
  sku: string;
  amountMinor: number | null;
  at: Date;
}
type BaseChange = Change & { currency: string };
type ListChange = Change & Omit<ListPrice, "amountMinor">;
type List = PriceList & { createdAt: Date; changedAt: Date };

/** What pricing knows of some skus, customers and lists. */
interface Known {
  base: Map<string, BaseChange[]>;
  listed: Map<string, ListChange[]>;
  lists: Map<string, List>;
  groups: Map<string, { groups: string[]; changedAt: Date }>;
  /** There are exchange rates. */
  converts: boolean;
}

/**
 * Computes what each line could cost, from the history of prices and lists. The terms of lists and the groups of customers
 * have no history, and converted prices none of their rates: orders that depend on what these were before are left out.
 */
export const heldPricesInspection: Inspection = {
  invariants: [held],
  reads: ["orders", "pricing"],
  async *look(databases, ids) {
    const [orders, pricing] = await Promise.all([databases.of("orders"), databases.of("pricing")]);
    const pages = ids
      ? [[...ids]]
      : orders.keys("SELECT order_id AS key FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2");
    for await (const page of pages) {
      const sold = await soldIn(orders, page);
      const known = await knownOf(pricing, sold);
      yield { invariant: held.name, checked: page.length, suspects: sold.flatMap((line) => faultOf(line, known)) };
    }
  },
};

function soldIn(orders: ReadOnlyDatabase, page: readonly string[]): Promise<Sold[]> {
  return orders.query(
    `SELECT order_id AS "orderId", customer_id AS "customerId", currency, shipping_address->>'country' AS region,
            created_at AS at, sku, sum(quantity)::int AS quantity, array_agg(DISTINCT price_minor::float8) AS prices
     FROM orders JOIN order_line USING (order_id) WHERE order_id = ANY ($1) AND seller_id IS NULL GROUP BY order_id, sku`,
    [page],
  );
}

async function knownOf(pricing: ReadOnlyDatabase, sold: readonly Sold[]): Promise<Known> {
  const skus = [...new Set(sold.map(({ sku }) => sku))];
  const times = sold.map(({ at }) => at.getTime());
  const range = [skus, new Date(Math.min(...times) - CHECKED_MS - CLOCKS_MS), new Date(Math.max(...times) + CLOCKS_MS)];
  const [base, listed, lists, groups, rates] = await Promise.all([
    pricing.query<BaseChange>(changesOf(BASE_CHANGES, "sku, currency", "amount_minor::float8"), range),
    pricing.query<ListChange>(
      changesOf("list_price_change", "list, sku, warehouse_id, min_quantity", "amount_minor::float8"),
      range,
    ),
    pricing.query<List>(
      `SELECT code, currency, customer_group AS "customerGroup", region, starts_at AS "startsAt", ends_at AS "endsAt",
              priority, created_at AS "createdAt", changed_at AS "changedAt" FROM price_list`,
    ),
    pricing.query<{ customerId: string; groups: string[]; changedAt: Date }>(
      `SELECT customer_id AS "customerId", groups, changed_at AS "changedAt" FROM customer_group
       WHERE customer_id = ANY ($1)`,
      [[...new Set(sold.map(({ customerId }) => customerId))]],
    ),
    pricing.query("SELECT FROM exchange_rate LIMIT 1"),
  ]);
  return {
    base: Map.groupBy(base, ({ sku, currency }) => `${currency} ${sku}`),
    listed: Map.groupBy(listed, ({ sku }) => sku),
    lists: new Map(lists.map((list) => [list.code, list])),
    groups: new Map(groups.map(({ customerId, ...of }) => [customerId, of])),
    converts: rates.length > 0,
  };
}

/** SQL: the changes of some skus in a time, and for each price the last one before it; the earliest first. */
function changesOf(table: string, key: string, amount: string): string {
  const columns = key
    .replace("warehouse_id", `nullif(warehouse_id, '') AS "warehouseId"`)
    .replace("min_quantity", `min_quantity AS "minQuantity"`);
  return `SELECT ${columns}, ${amount} AS "amountMinor", valid_from AS at FROM (
      SELECT * FROM ${table} WHERE sku = ANY ($1) AND valid_from BETWEEN $2 AND $3
      UNION ALL
      (SELECT DISTINCT ON (${key}) * FROM ${table} WHERE sku = ANY ($1) AND valid_from < $2 ORDER BY ${key}, id DESC)
    ) change ORDER BY id`;
}

function faultOf(line: Sold, known: Known): Suspect[] {
  const since = new Date(line.at.getTime() - CHECKED_MS - CLOCKS_MS);
  const bases = known.base.get(`${line.currency} ${line.sku}`) ?? [];
  const entries = known.listed.get(line.sku) ?? [];
  const involved = [...new Set(entries.map(({ list }) => list))].map((code) => known.lists.get(code));
  const member = known.groups.get(line.customerId);
  if (involved.some((list) => !list || hasChanged(list, since))) return []; // nobody knows what it was then
  if (member && member.changedAt > since && involved.some((list) => list?.customerGroup)) return [];
  const possible = new Set(
    momentsOf(line, since, [...bases, ...entries], involved).map((at) => {
      const amountMinor = latest(bases, at)?.amountMinor;
      const base = amountMinor == null ? undefined : { amountMinor, source: "base" as const };
      const lists = new Map([...known.lists].filter(([, { createdAt }]) => createdAt <= at));
      const region = line.region ?? processEnv().SHOP_COUNTRY;
      const purchase = { currency: line.currency, groups: member?.groups ?? [], region, at };
      return priceThatHolds({ base, entries: entriesAt(entries, at) }, lists, purchase, line.quantity)?.amountMinor;
    }),
  );
  if (possible.has(undefined) && (known.converts || possible.size === 1)) return [];
  const wrong = line.prices.filter((price) => !possible.has(price));
  const cost = [...possible].join(" or ");
  return wrong.map((price) => ({ id: line.orderId, wrong: `${line.sku} was sold at ${price}; it cost ${cost}` }));
}

function hasChanged({ createdAt, changedAt }: List, since: Date): boolean {
  return changedAt > createdAt && changedAt > since;
}

/** The beginning of the time in which a price may have been checked, and each moment in it at which something changed. */
function momentsOf(
  { at }: Sold,
  since: Date,
  changes: readonly Change[],
  lists: readonly (List | undefined)[],
): Date[] {
  const until = new Date(at.getTime() + CLOCKS_MS);
  const times = [...changes.map((change) => change.at), ...lists.flatMap((list) => (list ? timesOf(list) : []))];
  return [since, ...times.filter((time) => time > since && time <= until)];
}

function timesOf({ startsAt, endsAt, createdAt }: List): Date[] {
  return [startsAt, endsAt, createdAt].filter((at) => at !== null);
}

function latest<C extends Change>(changes: readonly C[], at: Date): C | undefined {
  return changes.findLast((change) => change.at <= at);
}

function entriesAt(changes: readonly ListChange[], at: Date): ListPrice[] {
  const same = Map.groupBy(changes, ({ list, warehouseId, minQuantity }) => `${list} ${warehouseId} ${minQuantity}`);
  return [...same.values()].flatMap((all) => {
    const last = latest(all, at);
    return last && last.amountMinor !== null ? [{ ...last, amountMinor: last.amountMinor }] : [];
  });
}
