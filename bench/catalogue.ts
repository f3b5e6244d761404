/** `npm run bench -- --products 1000000`: what a shop with many products does slower than one with few. */

import { inventoryLimits } from "#services/logistics/inventory/domain/limits.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { pricingLimits } from "#services/product/pricing/contract.ts";
import { HttpClient } from "#tools/replay/http.ts";
import { asObjects, asText } from "#tools/replay/json.ts";
import { percentiles } from "#tools/replay/percentiles.ts";
import { chunk } from "#tools/replay/plan.ts";
import { pool } from "#tools/replay/pool.ts";
import { call } from "./api.ts";
import { attributesOf, defineAttributes, filteredBy } from "./attributes.ts";
import { markdownTable } from "./figures.ts";
import type { LoadJob, Offer } from "./load.ts";
import { type Goods, prepare } from "./prepare.ts";
import { measureRollbacks, publishAll, type VersionFigures, versionsTable } from "./versions.ts";
import type { Window } from "./window.ts";
import type { Worker } from "./worker.ts";

/** The shop with few products. */
const FEW = 100;
/** Clients that send batches: while the shop writes one, the next one arrives. */
const IMPORTERS = 2;
const BRANDS = 200;
const BRANCHES = 20;
const LEAVES = 400;
const WORDS = 2_000;
const PRICE = 19.99;
const STOCK = 100_000;
/** Products that orders buy, of all. */
const BOUGHT = 5_000;
/** Different requests of each kind: the gateway's cache keeps an answer for a second. */
const REQUESTS = 4_000;
const READERS = 4;
const SEARCHERS = 32;
const BUYERS = 8;

export interface CatalogueFigures {
  products: number;
  productsPerSecond: number;
  reads: { name: string; clients: number; perSecond: number; p50Ms: number; p95Ms: number; p99Ms: number }[];
  orders: { name: string; perSecond: number; ofFew: number }[];
  /** Of a shop with CATALOG_PUBLICATION=drafts. */
  versions?: VersionFigures;
}

interface Parts {
  url: string;
  products: number;
  seconds: number;
  staffEmail: string;
  staffPassword: string;
  load: Worker<LoadJob, Window>;
  /** Searches while `load` orders. */
  searching: Worker<LoadJob, Window>;
  tell(line: string): void;
}

/** Measures orders with few products, adds the others through the shop's own batches, and measures again. */
export async function measureCatalogue(parts: Parts): Promise<CatalogueFigures> {
  const { url, products, seconds, load, searching, tell } = parts;
  const goods = await prepare(url, parts.staffEmail, parts.staffPassword, FEW);
  const staff = { url, token: () => goods.staffToken() };
  await publishAll(staff);
  const buy = async (offers: Offer[]): Promise<number> => {
    const { done, seconds: took } = await load.ask({
      kind: "orders",
      url,
      seconds,
      buyers: await goods.buyers(BUYERS),
      offers,
    });
    return done / took;
  };
  await buy(goods.offers); // compiling and connecting is not measured
  tell(`orders with ${FEW} products`);
  const few = await buy(goods.offers);
  tell(`importing ${products} products`);
  const { offers, perSecond } = await importProducts(parts, goods);
  const published = await publishAll(staff);
  const reads = [];
  for (const [name, paths] of Object.entries(requests(products))) {
    tell(name);
    const window = await load.ask({ kind: "reads", url, seconds, clients: READERS, paths, patient: true });
    reads.push({ name, clients: READERS, perSecond: window.done / window.seconds, ...percentiles(window.durationsMs) });
  }
  reads.push(await readFiltered(parts, goods));
  tell("orders with all products, and while others search");
  const all = await buy(offers);
  const paths = requests(products)["search, any word"] ?? [];
  const search = searching.ask({ kind: "reads", url, seconds: seconds + 2, clients: SEARCHERS, paths, patient: true });
  const besides = await buy(offers);
  await search;
  const orders = [
    { name: `orders, ${FEW} products`, perSecond: few, ofFew: 1 },
    { name: `orders, ${products} products`, perSecond: all, ofFew: all / few },
    { name: `orders, while ${SEARCHERS} clients search`, perSecond: besides, ofFew: besides / few },
  ];
  tell("rollbacks");
  const versions = published && { ...published, rollbacks: await measureRollbacks(staff) };
  return { products, productsPerSecond: perSecond, reads, orders, ...(versions && { versions }) };
}

async function importProducts(
  { url, products, tell }: Parts,
  goods: Goods,
): Promise<{ offers: Offer[]; perSecond: number }> {
  const http = new HttpClient(url, IMPORTERS);
  const post = async (path: string, body: object) =>
    call(http, { method: "POST", path: `/api/v1${path}`, body }, await goods.staffToken());
  const offers: Offer[] = [];
  try {
    await addTaxonomy(post);
    const { PRODUCT_BATCH_ROWS } = catalogLimits;
    const starts = Array.from({ length: Math.ceil(products / PRODUCT_BATCH_ROWS) }, (_, at) => at * PRODUCT_BATCH_ROWS);
    let done = 0;
    let productMs = 0;
    for (const some of chunk(starts, IMPORTERS * 10)) {
      const began = performance.now();
      const skus: string[] = [];
      await pool(some, IMPORTERS, async (from) => {
        const rows = Math.min(PRODUCT_BATCH_ROWS, products - from);
        const batch = Array.from({ length: rows }, (_, at) => productBody(from + at));
        const answer = await post("/products:batch", { products: batch });
        for (const { productId, skus: own } of asObjects(answer.products)) {
          const [sku] = own as string[];
          if (offers.length < BOUGHT)
            offers.push({ productId: asText(productId, "productId"), sku: sku ?? "", price: PRICE });
          skus.push(...(own as string[]));
        }
        done += rows;
      });
      productMs += performance.now() - began;
      await sellable(post, skus);
      tell(`  ${done} products, ${Math.round((done / productMs) * 1_000)} a second`);
    }
    return { offers, perSecond: (done / productMs) * 1_000 };
  } finally {
    http.close();
  }
}

type Post = (path: string, body: object) => Promise<unknown>;

async function addTaxonomy(post: Post): Promise<void> {
  for (let n = 0; n < BRANDS; n += 1) await post("/brands", { slug: `brand-${n}`, name: `Maker ${word(n)} ${n}` });
  await post("/categories", { slug: "root", name: "Root" });
  for (let n = 0; n < BRANCHES; n += 1)
    await post("/categories", { slug: `branch-${n}`, name: "Branch", parent: "root" });
  for (let n = 0; n < LEAVES; n += 1)
    await post("/categories", { slug: `leaf-${n}`, name: "Leaf", parent: `branch-${n % BRANCHES}` });
}

async function sellable(post: Post, skus: readonly string[]): Promise<void> {
  for (const some of chunk(skus, pricingLimits.PRICE_BATCH_ROWS))
    await post("/prices:batch", { prices: some.map((sku) => ({ sku, currency: "USD", amount: PRICE })) });
  for (const some of chunk(skus, inventoryLimits.STOCK_BATCH_ROWS))
    await post("/inventory:batch", { adjustments: some.map((sku) => ({ sku, delta: STOCK, reason: "bench" })) });
}

/** Some words are in many titles and most in few, as in any language. */
function wordOf(seed: number): string {
  return word(Math.floor(WORDS * (scatter(seed) / SCATTER) ** 3));
}

const SYLLABLES = ["ka", "lo", "mi", "ten", "ru", "sol", "ve", "dar", "pin", "go", "ash", "bel"];

function word(n: number): string {
  const syllable = (of: number) => SYLLABLES[of % SYLLABLES.length] ?? "";
  return syllable(n) + syllable(Math.floor(n / 12)) + syllable(Math.floor(n / 144) + n);
}

const SCATTER = 2 ** 31;

/** The same number for the same seed, far from that of the next seed. */
function scatter(seed: number): number {
  return Number((BigInt(seed + 1) * 2_654_435_761n) % BigInt(SCATTER));
}

function productBody(at: number) {
  const words = [0, 1, 2, 3].map((place) => wordOf(at * 7 + place * 1_000_003));
  return {
    title: `${words.join(" ")} ${at}`,
    slug: `many-${at}`,
    brand: `brand-${scatter(at) % BRANDS}`,
    categories: [`leaf-${scatter(at + 3) % LEAVES}`],
    description: "A product of the bench.",
    attributes: attributesOf(at, share),
    variants: [0, 1].map((size) => ({ sku: `MANY-${at}-${size}`, attributes: { size: String(size) } })),
  };
}

function share(seed: number): number {
  return scatter(seed) / SCATTER;
}

/** One client, because a node reads one such list at a time: the others wait for their turn. */
async function readFiltered({ url, products, seconds, load, tell }: Parts, goods: Goods) {
  const name = "list filtered by three attributes";
  tell(name);
  const http = new HttpClient(url, 1);
  try {
    const post = async (path: string, body: object) =>
      call(http, { method: "POST", path: `/api/v1${path}`, body }, await goods.staffToken());
    await defineAttributes(post, (path) => call(http, { method: "GET", path: `/api/v1${path}` }), products);
  } finally {
    http.close();
  }
  const paths = Array.from(
    { length: REQUESTS },
    (_, n) => `/api/v1/products?${filteredBy(n, share)}&limit=${20 + (n % 5)}`,
  );
  const window = await load.ask({ kind: "reads", url, seconds, clients: 1, paths, patient: true });
  return { name, clients: 1, perSecond: window.done / window.seconds, ...percentiles(window.durationsMs) };
}

/** Requests by kind, none of them twice. */
function requests(products: number): Record<string, string[]> {
  const sorts = ["-createdAt", "title", "createdAt", "-title"];
  const make = (query: (n: number) => string) =>
    Array.from({ length: REQUESTS }, (_, n) => `/api/v1/products?${query(n)}&sort=${sorts[n % sorts.length]}`);
  const limit = (n: number) => `limit=${20 + (n % 5)}`;
  const pages = (most: number) => (n: number) => `page=${1 + (scatter(n) % most)}&${limit(n)}`;
  const near = pages(20);
  return {
    "list, first 20 pages": make(near),
    "list, pages up to 1,000": make(pages(1_000)),
    "list of a leaf category": make((n) => `category=leaf-${scatter(n) % LEAVES}&${near(n)}`),
    "list of a category with 20 below": make((n) => `category=branch-${scatter(n) % BRANCHES}&${near(n)}`),
    "list of a brand": make((n) => `brand=brand-${scatter(n) % BRANDS}&${near(n)}`),
    "list of a category and a brand": make(
      (n) => `category=branch-${scatter(n) % BRANCHES}&brand=brand-${scatter(n + 1) % BRANDS}&${near(n)}`,
    ),
    "search, any word": make((n) => `q=${word(scatter(n) % WORDS)}&limit=${20 + (n % 80)}`),
    "search, two words that follow each other": make((n) => {
      const at = scatter(n) % products;
      return `q=${wordOf(at * 7)}%20${wordOf(at * 7 + 1_000_003)}&limit=${20 + (n % 80)}`;
    }),
    "search, a sku": make((n) => `q=MANY-${scatter(n) % products}-1&limit=${20 + (n % 80)}`),
  };
}

export function catalogueTable({ products, productsPerSecond, reads, orders, versions }: CatalogueFigures): string {
  const name = `${products.toLocaleString("en")} products, uncached`;
  return [
    `Imported through the shop's batches: ${Math.round(productsPerSecond)} products of two variants a second.`,
    markdownTable(
      [name, "clients", "per second", "p50 ms", "p95 ms", "p99 ms"],
      reads.map((read) => [read.name, read.clients, read.perSecond, read.p50Ms, read.p95Ms, read.p99Ms]),
    ),
    markdownTable(
      ["orders, POST to paid", "clients", "per second", `ratio to ${FEW} products`],
      orders.map((row) => [row.name, BUYERS, row.perSecond, Number(row.ofFew.toPrecision(3))]),
    ),
    ...(versions ? [versionsTable(versions)] : []),
  ].join("\n\n");
}
