import { processEnv } from "#config/env.ts";
import type { ListPrice, PriceList } from "#services/product/pricing/domain/lists.ts";
import { priceThatHolds } from "#services/product/pricing/domain/resolve.ts";
import type { ReadOnlyDatabase } from "./databases.ts";
import type { Inspection, Invariant, Suspect } from "./invariant.ts";

const held: Invariant = {
  name: "orders.price-held",
  says: "Each order is at prices that held for its buyer, country and quantities when it was placed.",
};

/** A price is checked so long before its order is stored, at most. */
const CHECKED_MS = 60_000;
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
type List = PriceList & { changedAt: Date };

/** What pricing knows of some skus, customers and lists. */
interface Known {
  base: Map<string, BaseChange[]>;
  listed: Map<string, ListChange[]>;
  lists: Map<string, List>;
  groups: Map<string, { groups: string[]; changedAt: Date }>;
}

/**
 * Computes what each line had to cost, from the history of prices and lists. The terms of lists and the groups of customers
 * have no history: orders from before their last change are left out, as are converted prices.
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
     FROM orders JOIN order_line USING (order_id) WHERE order_id = ANY ($1) GROUP BY order_id, sku`,
    [page],
  );
}

async function knownOf(pricing: ReadOnlyDatabase, sold: readonly Sold[]): Promise<Known> {
  const skus = [...new Set(sold.map(({ sku }) => sku))];
  const times = sold.map(({ at }) => at.getTime());
  const range = [skus, new Date(Math.min(...times) - CHECKED_MS - CLOCKS_MS), new Date(Math.max(...times) + CLOCKS_MS)];
  const [base, listed, lists, groups] = await Promise.all([
    pricing.query<BaseChange>(changesOf("price_change", "sku, currency", "amount_minor::float8"), range),
    pricing.query<ListChange>(
      changesOf("list_price_change", "list, sku, warehouse_id, min_quantity", "amount_minor::float8"),
      range,
    ),
    pricing.query<List>(
      `SELECT code, currency, customer_group AS "customerGroup", region, starts_at AS "startsAt", ends_at AS "endsAt",
              priority, changed_at AS "changedAt" FROM price_list`,
    ),
    pricing.query<{ customerId: string; groups: string[]; changedAt: Date }>(
      `SELECT customer_id AS "customerId", groups, changed_at AS "changedAt" FROM customer_group
       WHERE customer_id = ANY ($1)`,
      [[...new Set(sold.map(({ customerId }) => customerId))]],
    ),
  ]);
  return {
    base: Map.groupBy(base, ({ sku, currency }) => `${currency} ${sku}`),
    listed: Map.groupBy(listed, ({ sku }) => sku),
    lists: new Map(lists.map((list) => [list.code, list])),
    groups: new Map(groups.map(({ customerId, ...of }) => [customerId, of])),
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

function faultOf(line: Sold, { base, listed, lists, groups }: Known): Suspect[] {
  const since = new Date(line.at.getTime() - CHECKED_MS - CLOCKS_MS);
  const until = new Date(line.at.getTime() + CLOCKS_MS);
  const bases = base.get(`${line.currency} ${line.sku}`) ?? [];
  const entries = listed.get(line.sku) ?? [];
  const member = groups.get(line.customerId);
  const first = bases[0];
  if (!first || first.at > since) return []; // nobody knows what it cost then, or it was converted
  if (entries.some(({ list }) => (lists.get(list)?.changedAt ?? until) > since)) return [];
  if (member && member.changedAt > since) return [];
  const times = [since, ...[...bases, ...entries].map(({ at }) => at), ...[...lists.values()].flatMap(timesOf)];
  const moments = times.filter((at) => at >= since && at <= until);
  const region = line.region ?? processEnv().SHOP_COUNTRY;
  const purchase = { currency: line.currency, groups: member?.groups ?? [], region };
  const possible = new Set(
    moments.map((at) => {
      const amountMinor = latest(bases, at)?.amountMinor;
      const prices = {
        base: amountMinor == null ? undefined : { amountMinor, source: "base" as const },
        entries: entriesAt(entries, at),
      };
      return priceThatHolds(prices, lists, { ...purchase, at }, line.quantity)?.amountMinor;
    }),
  );
  const wrong = line.prices.filter((price) => !possible.has(price));
  if (wrong.length === 0) return [];
  return [
    { id: line.orderId, wrong: `${line.sku} was sold at ${wrong.join(", ")}; it cost ${[...possible].join(" or ")}` },
  ];
}

function timesOf({ startsAt, endsAt }: List): Date[] {
  return [startsAt, endsAt].filter((at) => at !== null);
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
