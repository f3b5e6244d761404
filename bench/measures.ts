import { demoPictures } from "#config/demo.ts";
import { HttpClient } from "#tools/replay/http.ts";
import type { BareHttpJob } from "./bare-http.ts";
import type { BarePostgresJob } from "./bare-postgres.ts";
import type { DealsJob } from "./deals.ts";
import type { LoadJob } from "./load.ts";
import type { PostingsJob } from "./postings.ts";
import type { Goods } from "./prepare.ts";
import type { PromotionsJob } from "./promotions.ts";
import type { StreamJob } from "./stream-load.ts";
import type { Window } from "./window.ts";
import type { Worker } from "./worker.ts";

const READERS = 16;
/** Clients who register while others read: more than a shop hashes passwords at once. */
const REGISTERING = 8;
/** Buyers of one promotion at once. */
const RUSHING = 32;
const PAGE = 20;
/** Pages of the list and products that are read in turn. */
const LIST_PAGES = 50;
const PRODUCT_PAGES = 1_000;

/** Price streams at once: while one is read, another is stored. */
const STREAMS = 2;
/** Pictures of the demonstration shop, which the warm-up makes. */
const IMAGES = demoPictures.map(({ mediaId }) => `/api/v1/media/${mediaId}?w=320&h=320&fit=cover`);

/** The processes that measure. */
export interface Workers {
  load: Worker<LoadJob, Window>;
  bareHttp: Worker<BareHttpJob & { seconds?: number }, string>;
  barePostgres: Worker<BarePostgresJob, Window>;
  postings: Worker<PostingsJob, Window>;
  promotions: Worker<PromotionsJob, Window>;
  stream: Worker<StreamJob, Window>;
  deals: Worker<DealsJob, Window>;
}

/** Something to measure: the shop doing it, and what this machine could do at most. */
export interface Measure {
  name: string;
  unit: string;
  clients: number;
  shop(seconds: number): Promise<Window>;
  limitName: string;
  limit(seconds: number): Promise<Window>;
}

/** All measures, prices last: they change what the others buy. */
export function measuresOf(
  url: string,
  goods: Goods,
  { load, bareHttp, barePostgres, postings, promotions, deals, stream }: Workers,
): Measure[] {
  const buying = (kind: "orders" | "checkouts", clients: number): Measure => ({
    name: kind === "orders" ? "orders, POST to paid" : "cart, two items, checkout, paid",
    unit: "orders",
    clients,
    shop: async (seconds) =>
      load.ask({ kind, url, seconds, buyers: await goods.buyers(clients), offers: goods.offers }),
    limitName: "Postgres commits",
    limit: (seconds) => barePostgres.ask({ kind: "commits", seconds, clients }),
  });
  const reading = (name: string, paths: string[]): Measure => ({
    name,
    unit: "reads",
    clients: READERS,
    shop: (seconds) => load.ask({ kind: "reads", url, seconds, clients: READERS, paths }),
    limitName: "bare HTTP, same size",
    limit: async (seconds) => {
      const bare = await bareHttp.ask({ bytes: await bytesOf(url, paths[0] ?? "/") });
      return load.ask({ kind: "reads", url: bare, seconds, clients: READERS, paths });
    },
  });
  const pricing = (which: string, bodies: string[]): Measure => ({
    name: `prices, ${goods.priceRows} a batch${which}`,
    unit: "prices",
    clients: 1,
    shop: async (seconds) =>
      load.ask({ kind: "prices", url, seconds, token: await goods.staffToken(), bodies, rows: goods.priceRows }),
    limitName: "bare upserts, same size",
    limit: (seconds) => barePostgres.ask({ kind: "upserts", seconds, rows: goods.priceRows }),
  });
  const streaming = async (kind: "flow" | "seen", seconds: number) =>
    stream.ask({ kind, url, seconds, clients: STREAMS, skus: goods.skus, token: await goods.staffToken() });
  const list = Array.from({ length: LIST_PAGES }, (_, at) => `/api/v1/products?page=${at + 1}&limit=${PAGE}`);
  const products = goods.productIds.slice(0, PRODUCT_PAGES).map((productId) => `/api/v1/products/${productId}`);
  return [
    buying("orders", 1),
    buying("orders", 8),
    buying("orders", 32),
    buying("checkouts", 8),
    reading("product list, 20 a page", list),
    reading("product page", products),
    reading("images of 320 pixels, made before", IMAGES),
    {
      name: `product page, while ${REGISTERING} clients register`,
      unit: "reads",
      clients: READERS,
      shop: (seconds) =>
        load.ask({ kind: "reads", url, seconds, clients: READERS, paths: products, registering: REGISTERING }),
      limitName: "the same, nobody registers",
      limit: (seconds) => load.ask({ kind: "reads", url, seconds, clients: READERS, paths: products }),
    },
    {
      name: "postings of the ledger, 100 a transaction",
      unit: "entries",
      clients: 1,
      shop: (seconds) => postings.ask({ seconds }),
      limitName: "bare inserts, as many rows",
      limit: (seconds) => barePostgres.ask({ kind: "inserts", seconds, units: 100, rowsOfEach: 5 }),
    },
    ...promotionMeasures(promotions, barePostgres),
    ...dealMeasures(deals, barePostgres),
    pricing("", goods.priceBodies.all),
    pricing(", one in four changed", goods.priceBodies.quarter),
    {
      name: "price stream, every line changes one",
      unit: "prices",
      clients: STREAMS,
      shop: (seconds) => streaming("flow", seconds),
      limitName: "bare upserts, 10,000 at once",
      limit: (seconds) => barePostgres.ask({ kind: "upserts", seconds, rows: goods.priceRows }),
    },
    {
      name: "a changed price is seen, while price streams flow",
      unit: "changes",
      clients: 1,
      shop: (seconds) => streaming("seen", seconds),
      limitName: "the same, nothing flows",
      limit: async (seconds) =>
        stream.ask({ kind: "seen", url, seconds, clients: 0, skus: goods.skus, token: await goods.staffToken() }),
    },
  ];
}

/** Promotions by themselves: what a cart waits for them, and orders that all want the same one. */
function promotionMeasures(promotions: Workers["promotions"], barePostgres: Workers["barePostgres"]): Measure[] {
  return [
    {
      name: "promotions: discounts of 50 lines, 10,000 promotions",
      unit: "carts",
      clients: 1,
      shop: (seconds) => promotions.ask({ kind: "carts", seconds, clients: 1, promotions: 10_000 }),
      limitName: "the same, 10 promotions",
      limit: (seconds) => promotions.ask({ kind: "carts", seconds, clients: 1, promotions: 10 }),
    },
    {
      name: "promotions: uses of one, reserved",
      unit: "orders",
      clients: RUSHING,
      shop: (seconds) => promotions.ask({ kind: "uses", seconds, clients: RUSHING }),
      limitName: "Postgres commits",
      limit: (seconds) => barePostgres.ask({ kind: "commits", seconds, clients: RUSHING }),
    },
  ];
}

/** The rush for lightning deals. */
function dealMeasures(deals: Workers["deals"], barePostgres: Workers["barePostgres"]): Measure[] {
  return [
    {
      name: "deals: 5,000 buyers claim one of 100 slots, all of which are sold",
      unit: "claims",
      clients: 1_000,
      shop: (seconds) => deals.ask({ kind: "rush", seconds }),
      limitName: "bare inserts, one row each",
      limit: (seconds) => barePostgres.ask({ kind: "inserts", seconds, units: 1, rowsOfEach: 1 }),
    },
    {
      name: "deals: their list without a gateway, while 5,000 buyers claim",
      unit: "reads",
      clients: READERS,
      shop: (seconds) => deals.ask({ kind: "reads", seconds, clients: READERS, isRush: true }),
      limitName: "the same, nobody claims",
      limit: (seconds) => deals.ask({ kind: "reads", seconds, clients: READERS, isRush: false }),
    },
  ];
}

/** Size of an answer of the shop, in bytes. */
async function bytesOf(url: string, path: string): Promise<number> {
  const http = new HttpClient(url, 1);
  try {
    return (await http.send({ method: "GET", path })).bytes.length;
  } finally {
    http.close();
  }
}
