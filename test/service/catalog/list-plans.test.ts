import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { ListPart } from "#lib/contract/cursor.ts";
import { KEEP_PLANS, withSessionOptions } from "#lib/sql/connection.ts";
import { migrate } from "#lib/sql/migrations.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { containing } from "#services/product/catalog/domain/search-text.ts";
import {
  countOf,
  idOfSlug,
  idsOfPart,
  keyShape,
  type ProductKey,
  type ProductOrder,
} from "#services/product/catalog/product-lists.store.ts";
import { brandsNamed, idsMatching, pageMatching } from "#services/product/catalog/product-search.store.ts";
import { COPIED } from "#services/product/catalog/publication-copy.store.ts";
import { DRAFT } from "#services/product/catalog/shown.store.ts";
import { categoriesWithin } from "#services/product/catalog/taxonomy.store.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { BRANCH, BRAND, generateCatalogue, LEAF, publishSome, ROOT } from "./generated-catalogue.ts";

const PRODUCTS = 50_000;
/** Products that have a row in each of some snapshots. */
const PUBLISHED = 10_000;
const SNAPSHOTS = 3;
/** Rows that a sort may get, of the categories of a list together; never a whole table. */
const SORTED_ROWS = 0.25 * PRODUCTS;
const GENERATING_MS = 120_000;
const MIGRATIONS = join(import.meta.dirname, "../../../services/product/catalog/migrations");

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Plan Rows": number;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: Plan[];
}

let db: pg.Client;
const shown = DRAFT;

beforeAll(async () => {
  const url = await freshDatabase("list_plans");
  await migrate({ database: url }, MIGRATIONS);
  db = new pg.Client(withSessionOptions(url, KEEP_PLANS)); // as the service's connections
  await db.connect();
  await generateCatalogue(db, PRODUCTS);
  await publishSome(db, PUBLISHED, SNAPSHOTS);
}, GENERATING_MS);

afterAll(async () => {
  await db?.end();
});

/** Runs a statement and keeps its plan: the one for any values, or, with `planned`, the one for these. */
function explaining(plans: Plan[], planned: boolean): Queryable {
  return {
    async query<Row extends object>(text: string, values: readonly unknown[] = []) {
      await db.query(`SET plan_cache_mode = ${planned ? "force_custom_plan" : "force_generic_plan"}`);
      const { rows } = await db.query({ text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values: [...values] });
      plans.push((rows[0] as { "QUERY PLAN": { Plan: Plan }[] })["QUERY PLAN"][0]?.Plan as Plan);
      return (await db.query({ text, values: [...values] })).rows as Row[];
    },
  };
}

const direct: Queryable = {
  query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await db.query({ text, values: [...values] })).rows as Row[],
};

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** What a plan does that grows with the catalogue. */
function mistakes(plan: Plan): string[] {
  return nodesOf(plan).flatMap((node) => {
    const read = (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
    if (
      node["Node Type"] === "Seq Scan" &&
      /^(published_)?(product|variant|product_category)$/.test(node["Relation Name"] ?? "")
    )
      return [`reads ${node["Relation Name"]} from its beginning`];
    if (
      node["Node Type"].includes("Sort") &&
      node.Plans?.some((of) => of["Actual Rows"] * of["Actual Loops"] > SORTED_ROWS)
    )
      return [`sorts ${node.Plans?.[0]?.["Actual Rows"]} rows`];
    return read > PRODUCTS / 2 ? [`${node["Node Type"]} reads ${read} rows`] : [];
  });
}

const first = { kind: "page", page: 1, limit: 20, offset: 0, list: "" } as const;
const far = { kind: "page", page: 400, limit: 20, offset: 7_980, list: "" } as const;
const after = (order: ProductOrder): ListPart<ProductKey> => ({
  kind: "after",
  limit: 20,
  list: "",
  after: [keyShape(order)[0] === 0 ? 1_767_225_600_000_000 + 8_000_000_000 : "8", "prod_24000"],
});
const nearAndFar = (order: ProductOrder) => [first, after(order)];
const orders: ProductOrder[] = ["title", "-title", "createdAt", "-createdAt"];
const filters = {
  none: { category: undefined, brand: null },
  "a brand": { category: undefined, brand: BRAND },
  "a leaf of the categories": { category: LEAF, brand: null },
  "categories with others below": { category: BRANCH, brand: null },
  "all categories": { category: ROOT, brand: null },
  "a category and a brand": { category: BRANCH, brand: BRAND },
};
type Filter = (typeof filters)[keyof typeof filters];
const lists = Object.entries(filters).flatMap(([name, filter]) => orders.map((order) => ({ name, filter, order })));

const filterOf = async ({ category, brand }: Filter) => ({
  categories: category === undefined ? null : await categoriesWithin(direct, shown, category),
  brand,
});

describe("a list", () => {
  test.each(lists)("by $order with $name is read from an index", async ({ filter, order }) => {
    const asked = await filterOf(filter);
    const plans: Plan[] = [];
    for (const part of [first, after(order), ...(filter.category === undefined && filter.brand === null ? [far] : [])])
      expect((await idsOfPart(explaining(plans, false), shown, asked, order, part)).length).toBeGreaterThan(0);
    await countOf(explaining(plans, false), shown, asked);
    expect(plans.flatMap(mistakes)).toEqual([]);
  });

  test.each(lists)("of a version by $order with $name is read from an index", async ({ filter, order }) => {
    const version = { kind: "snapshot", snapshot: 2 } as const;
    const asked = await filterOf(filter);
    const plans: Plan[] = [];
    for (const part of nearAndFar(order)) {
      const rows = await idsOfPart(explaining(plans, false), version, asked, order, part);
      expect(new Set(rows.map(({ productId }) => productId)).size).toBe(rows.length);
    }
    expect(await idsOfPart(direct, version, asked, order, first)).not.toEqual([]);
    expect((await countOf(explaining(plans, false), version, asked)).total).toBeLessThanOrEqual(PUBLISHED);
    expect(plans.flatMap(mistakes)).toEqual([]);
  });

  test("by slug is read from an index", async () => {
    const plans: Plan[] = [];
    const found = await idOfSlug(
      explaining(plans, false),
      shown,
      "product-77",
      await filterOf(filters.none),
      undefined,
    );
    expect(found).toHaveLength(1);
    expect(plans.flatMap(mistakes)).toEqual([]);
  });
});

test("the check notices an index that is missing", async () => {
  const plans: Plan[] = [];
  await db.query("BEGIN");
  await db.query("DROP INDEX product_title; DROP INDEX product_newest; DROP INDEX product_search");
  await idsOfPart(explaining(plans, false), shown, await filterOf(filters.none), "title", first);
  await idsOfPart(explaining(plans, false), shown, await filterOf(filters.none), "createdAt", first);
  const pattern = "%nowhere%";
  await idsMatching(
    explaining(plans, true),
    shown,
    { categories: null, brand: null, matching: { pattern, brands: [] } },
    "title",
    first,
  );
  await db.query("ROLLBACK");
  expect(plans.map((plan) => mistakes(plan).length > 0)).toEqual([true, true, true]);
});

describe("a search", () => {
  const texts = {
    "text that all products have": "common",
    "rare text": "rare",
    "a sku": "SKU-4711-1",
    "text of no product": "nowhere",
  };
  const searches = Object.entries(texts).flatMap(([name, q]) =>
    lists.map(({ name: filtered, ...list }) => ({ ...list, name, filtered, q })),
  );

  test.each(searches)(
    "for $name by $order with $filtered does not read the whole table",
    async ({ q, filter, order }) => {
      const pattern = containing(q) ?? "";
      const asked = {
        ...(await filterOf(filter)),
        matching: { pattern, brands: await brandsNamed(direct, shown, pattern) },
      };
      const plans: Plan[] = [];
      for (const part of [first, after(order)]) await idsMatching(explaining(plans, true), shown, asked, order, part);
      expect(plans.flatMap(mistakes)).toEqual([]);
      const counting: Plan[] = [];
      const { listed, count } = await pageMatching(explaining(counting, true), shown, asked, order, first);
      expect(counting.flatMap(mistakes).filter((mistake) => !mistake.includes("from its beginning"))).toEqual([]);
      // What is few enough to be put in order at once is in the same order as what is read along an index.
      expect(listed === undefined).toBe(count.atLeast);
      if (listed) expect(listed).toEqual(await idsMatching(direct, shown, asked, order, first));
    },
  );

  test("finds brands by their names, and the products of these", async () => {
    const pattern = containing("brand 77") ?? "";
    const brands = await brandsNamed(direct, shown, pattern);
    expect(brands).toEqual(["brand-77"]);
    const plans: Plan[] = [];
    const asked = { categories: null, brand: null, matching: { pattern, brands } };
    expect(await idsMatching(explaining(plans, true), shown, asked, "title", first)).toHaveLength(21);
    expect(plans.flatMap(mistakes)).toEqual([]);
  });
});

test("each column of a product, a brand and a category is part of a version", async () => {
  const left: Record<string, string[]> = {
    product: ["archived_at", "title_key"],
    variant: ["archived"],
    product_category: ["archived"],
  };
  for (const [table, copied] of Object.entries(COPIED)) {
    const { rows } = await db.query<{ name: string }>(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped",
      [table],
    );
    expect([...copied, ...(left[table] ?? [])].sort()).toEqual(rows.map(({ name }) => name).sort());
  }
});
