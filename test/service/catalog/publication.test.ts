import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { Auth } from "#lib/contract/access.ts";
import type { CallParams } from "#lib/contract/types.ts";
import { lockKey } from "#lib/sql/lock-keys.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import { eventually } from "#test/support/eventually.ts";
import { addTaxonomy, TestShop } from "./catalog-fixture.ts";

const DRAFTS = { CATALOG_PUBLICATION: "drafts" };
const GUEST: { auth: Auth } = { auth: { kind: "anonymous" } };

let shop: TestShop;
let db: pg.Client;

beforeAll(async () => {
  shop = await TestShop.start([catalog], DRAFTS);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  await db.query("SET timezone = 'UTC'");
  await eventually(async () => expect(await mode()).toBe("drafts"));
  await addTaxonomy(shop);
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

const mode = async () => (await db.query("SELECT mode FROM catalogue_state")).rows[0]?.mode;
const add = (slug: string, more: Partial<CallParams<"catalog.create">> = {}) =>
  shop.call("catalog.create", { productId: `prod_${slug}`, slug, title: slug, variants: [{ sku: slug }], ...more });
const seen = async (slug: string, query: Partial<CallParams<"catalog.list">> = {}) =>
  (await shop.call("catalog.list", { slug, ...query }, query.draft ? {} : GUEST)).products;
const publish = (params: CallParams<"catalog.publish"> = {}) => shop.call("catalog.publish", params);
const publicationOf = async (version: number) =>
  (await shop.call("catalog.publications", { limit: 100 })).publications.find((one) => one.version === version);

/** What the catalogue has told other services of products, in order. */
async function told(): Promise<[type: string, productId: string][]> {
  await eventually(async () => {
    const { rows } = await db.query("SELECT FROM shown_change WHERE told_at IS NULL");
    expect(rows).toEqual([]);
  });
  const { rows } = await db.query<{ event_type: string; key: string }>(
    "SELECT event_type, key FROM outbox WHERE event_type LIKE 'Product%' ORDER BY id",
  );
  return rows.map(({ event_type, key }) => [event_type, key]);
}

describe("a draft", () => {
  test("is seen by staff who ask for it, and by nobody else until it is published", async () => {
    await add("hidden", { brand: "lumo", categories: ["lamps"] });
    const reads = [
      () => seen("hidden"),
      () => seen("hidden", { q: "hidden" }),
      () => seen("hidden", { category: "home", brand: "lumo" }),
    ];
    for (const read of reads) expect(await read()).toEqual([]);
    expect(await shop.refusal("catalog.get", { productId: "prod_hidden" }, GUEST)).toMatchObject({ code: "NOT_FOUND" });
    expect((await shop.call("catalog.brands", {}, GUEST)).brands).toEqual([]);
    expect((await shop.call("catalog.categories", {}, GUEST)).categories).toEqual([]);
    expect((await shop.call("catalog.categories", { draft: true })).categories).toHaveLength(3);
    const [resolved] = (await shop.call("catalog.resolve", { items: [{ productId: "prod_hidden" }] })).items;
    expect(resolved).toMatchObject({ problem: "UNKNOWN_PRODUCT" });
    expect(await shop.call("catalog.unknownSkus", { skus: ["hidden"] })).toEqual({ skus: [] }); // it may get its price

    expect(await seen("hidden", { draft: true, category: "home" })).toMatchObject([{ slug: "hidden" }]);
    const asked = { productId: "prod_hidden", draft: true };
    expect(await shop.call("catalog.get", asked)).toMatchObject({ slug: "hidden" });
    expect(await shop.refusal("catalog.get", asked, GUEST)).toMatchObject({ code: "UNAUTHENTICATED" });
    const customer: Auth = { kind: "customer", customerId: "cust_1" };
    expect(await shop.refusal("catalog.get", asked, { auth: customer })).toMatchObject({ code: "FORBIDDEN" });

    expect(await publish({ note: "First range" })).toMatchObject({ changes: 1, state: "published" });
    for (const read of reads) expect(await read()).toMatchObject([{ slug: "hidden", brand: "lumo" }]);
    expect((await shop.call("catalog.brands", {}, GUEST)).brands).toMatchObject([{ slug: "lumo" }]);
    expect((await shop.call("catalog.categories", { parent: "home" }, GUEST)).categories).toHaveLength(1);
    const items = [{ productId: "prod_hidden" }];
    expect((await shop.call("catalog.resolve", { items })).items).toMatchObject([{ sku: "hidden" }]);
  });

  test("is told to other services when it is published, each product once", async () => {
    const before = (await told()).length;
    await add("kept");
    await add("gone");
    expect((await told()).slice(before)).toEqual([]);
    await publish();
    await shop.call("catalog.update", { productId: "prod_kept", title: "Kept" });
    await shop.call("catalog.update", { productId: "prod_kept", title: "Kept longer" });
    await shop.call("catalog.archive", { productId: "prod_gone" });
    await add("brief");
    await shop.call("catalog.archive", { productId: "prod_brief" });
    const { version } = await publish();
    expect((await told()).slice(before)).toEqual([
      ["ProductCreated", "prod_gone"],
      ["ProductCreated", "prod_kept"],
      ["ProductArchived", "prod_gone"],
      ["ProductUpdated", "prod_kept"],
    ]);
    const facts = await db.query(
      "SELECT data FROM outbox WHERE event_type = 'CatalogPublished' ORDER BY id DESC LIMIT 1",
    );
    expect(facts.rows).toEqual([{ data: { version, changes: 2 } }]);
  });

  test("that was changed and changed back changes nothing", async () => {
    await add("steady");
    await publish();
    const before = await told();
    for (const title of ["Unsteady", "steady"]) await shop.call("catalog.update", { productId: "prod_steady", title });
    const { version } = await publish();
    expect(await told()).toEqual(before);
    expect(await shop.call("catalog.difference", { version })).toMatchObject({
      products: [],
      pagination: { total: 0 },
    });
  });
});

describe("a version", () => {
  test("is shown again as it was, and the draft stays", async () => {
    await add("chair", { categories: ["garden"], variants: [{ sku: "chair-1" }, { sku: "chair-2" }] });
    const first = await publish();
    await shop.call("catalog.update", {
      productId: "prod_chair",
      title: "Throne",
      categories: [],
      variants: [{ sku: "chair-3" }],
    });
    await shop.call("catalog.updateCategory", { slug: "garden", name: "Park" });
    await add("stool");
    const second = await publish();
    const before = (await told()).length;
    const garden = async () =>
      (await shop.call("catalog.categories", {}, GUEST)).categories.find(({ slug }) => slug === "garden")?.name;
    const whole = async () => ({
      chair: (await seen("chair"))[0],
      stool: (await seen("stool")).length,
      name: await garden(),
      inGarden: (await seen("chair", { category: "garden" })).length,
    });
    const [now, { draft }] = [await whole(), { draft: await seen("chair", { draft: true }) }];
    expect(now).toMatchObject({ chair: { title: "Throne" }, stool: 1, name: "Park", inGarden: 0 });

    expect(await shop.call("catalog.rollBack", { version: first.version })).toMatchObject({ shown: true });
    expect(await whole()).toMatchObject({
      chair: { title: "chair", categories: ["garden"], variants: [{ sku: "chair-1" }, { sku: "chair-2" }] },
      ...{ stool: 0, name: "Garden", inGarden: 1 },
    });
    expect(await publicationOf(second.version)).toMatchObject({ state: "rolled back", shown: false });
    expect(await seen("chair", { draft: true })).toEqual(draft);
    const items = [{ productId: "prod_chair", sku: "chair-1" }];
    expect((await shop.call("catalog.resolve", { items })).items).toMatchObject([{ title: "chair" }]);

    await shop.call("catalog.rollBack", { version: second.version });
    await shop.call("catalog.rollBack", { version: second.version }); // changes nothing
    expect(await whole()).toEqual(now);
    expect((await told()).slice(before)).toEqual([
      ["ProductUpdated", "prod_chair"],
      ["ProductArchived", "prod_stool"],
      ["ProductUpdated", "prod_chair"],
      ["ProductCreated", "prod_stool"],
    ]);
    expect(await publish()).toMatchObject({ changes: 0 });
    expect(await whole()).toEqual(now);
  });

  test("is compared with another one, in parts", async () => {
    await add("cup-1");
    await add("cup-2");
    await add("cup-3");
    const { version: from } = await publish();
    await shop.call("catalog.update", { productId: "prod_cup-1", title: "Cup", attributes: { colour: "red" } });
    await shop.call("catalog.archive", { productId: "prod_cup-2" });
    await add("cup-4");
    const { version } = await publish();
    const changed = {
      productId: "prod_cup-1",
      slug: "cup-1",
      title: "Cup",
      change: "changed",
      properties: ["title", "attributes"],
    };
    const removed = { productId: "prod_cup-2", slug: "cup-2", title: "cup-2", change: "removed" };
    const added = { productId: "prod_cup-4", slug: "cup-4", title: "cup-4", change: "added" };
    const part = await shop.call("catalog.difference", { version, limit: 2 });
    expect(part).toMatchObject({ version, from, products: [changed, removed], pagination: { total: 3, page: 1 } });
    const cursor = part.pagination.next ?? "";
    const rest = await shop.call("catalog.difference", { version, limit: 2, cursor });
    expect(rest).toEqual({ version, from, products: [added], pagination: { limit: 2 } });
    const { products } = await shop.call("catalog.difference", { version: from, from: version });
    expect(products.map(({ change }) => change)).toEqual(["changed", "added", "removed"]);
    expect((await shop.call("catalog.difference", { version, page: 2, limit: 2 })).products).toEqual([added]);
    expect(await shop.refusal("catalog.difference", { version: 9_999 })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("is read to the end of a list by cursor, whatever is published meanwhile", async () => {
    const slugs = ["list-1", "list-2", "list-3"];
    for (const slug of slugs) await add(slug, { brand: "lumo", categories: ["lamps"] });
    await publish();
    const query = { category: "lamps", sort: "title", limit: 2 } as const;
    const first = await shop.call("catalog.list", query, GUEST);
    await shop.call("catalog.archive", { productId: "prod_list-3" });
    await publish();
    const cursor = first.pagination.next ?? "";
    const titles = async () =>
      (await shop.call("catalog.list", { ...query, cursor }, GUEST)).products.map(({ slug }) => slug);
    expect(await titles()).toEqual(["list-2", "list-3"]);
    expect((await shop.call("catalog.list", query, GUEST)).pagination.total).toBe(3);
    await db.query("UPDATE publication SET published_at = NULL WHERE snapshot < (SELECT shown FROM catalogue_state)");
    expect(await titles()).toEqual(["list-2"]); // it is gone: the list goes on in the version that is shown
  });

  test("that never was is refused in a cursor", async () => {
    for (const slug of ["far-1", "far-2"]) await add(slug);
    await publish();
    const { next = "" } = (await shop.call("catalog.list", { limit: 1 }, GUEST)).pagination;
    const key = JSON.parse(Buffer.from(next, "base64url").toString("utf8"));
    for (const snapshot of [2 ** 40, Number.MAX_SAFE_INTEGER, key.at(-1) + 1, 0, -1]) {
      const cursor = Buffer.from(JSON.stringify([...key.slice(0, -1), snapshot])).toString("base64url");
      const refused = await shop.refusal("catalog.list", { limit: 1, cursor }, GUEST);
      expect([snapshot, refused]).toEqual([snapshot, { code: "VALIDATION_FAILED", paths: ["/cursor"] }]);
    }
    expect((await shop.call("catalog.list", { limit: 1, cursor: next }, GUEST)).products).toHaveLength(1);
  });
});

test("an attribute that lists are filtered by from now on changes the products that have it, and no others", async () => {
  await add("plain");
  await add("woolly", { attributes: { fabric: "wool" } });
  await publish();
  await shop.call("catalog.createAttribute", { code: "fabric", type: "text", filterable: true });
  await eventually(async () => {
    const { rows } = await db.query("SELECT FROM attribute WHERE indexed_to IS NOT NULL");
    expect(rows).toEqual([]);
  });
  const { version, changes } = await publish();
  expect(changes).toBe(1);
  expect(await seen("woolly", { attributes: { fabric: ["wool"] } })).toHaveLength(1);
  // A filter is no property, so the difference counts the product, and does not show it.
  expect(await shop.call("catalog.difference", { version })).toMatchObject({ products: [], pagination: { total: 1 } });
});

test("a sku that moves to another product is told once, with what it takes there", async () => {
  const fill = (title: string) =>
    shop.call("catalog.batch", {
      products: Array.from({ length: 210 }, (_, at) => ({
        slug: `fill-${at}`,
        title,
        variants: [{ sku: `fill-${at}` }],
      })),
    });
  // Products are told in the order of their ids, 200 in a transaction.
  const [first, last] = ["prod_00", "prod_zz"] as const;
  const takes = [{ sku: "fill-0", quantity: 2 }];
  const digital = (...skus: string[]) => ({
    ...{ productId: first, slug: "moving-1", title: "Download", kind: "digital" as const },
    variants: skus.map((sku) => ({ sku })),
  });
  const bundle = (...skus: string[]) => ({
    ...{ productId: last, slug: "moving-2", title: "Set", kind: "bundle" as const },
    variants: skus.map((sku) => ({ sku, components: takes })),
  });
  const supplies = async () => {
    await told();
    const { rows } = await db.query("SELECT data FROM outbox WHERE event_type = 'SupplyChanged' ORDER BY id");
    return rows.map(({ data }) => data);
  };
  await fill("one");
  await shop.call("catalog.create", digital("first"));
  await shop.call("catalog.create", bundle("last", "moving"));
  await publish();
  const begun = [
    { sku: "first", takes: [] },
    { sku: "last", takes },
    { sku: "moving", takes },
  ];
  expect(await supplies()).toEqual(begun);

  await fill("two");
  await shop.call("catalog.update", bundle("last"));
  await shop.call("catalog.update", digital("first", "moving"));
  const { version } = await publish();
  const moved = [...begun, { sku: "moving", takes: [] }];
  expect(await supplies()).toEqual(moved);

  await fill("three");
  await shop.call("catalog.update", digital("first"));
  await shop.call("catalog.update", bundle("last", "moving"));
  await publish();
  expect(await supplies()).toEqual([...moved, { sku: "moving", takes }]);
  await shop.call("catalog.rollBack", { version });
  expect(await supplies()).toEqual([...moved, { sku: "moving", takes }, { sku: "moving", takes: [] }]);
});

describe("a scheduled publication", () => {
  test("shows the draft as it is at its time", async () => {
    await add("soon");
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const { version, state } = await publish({ at, note: "Tonight" });
    expect([state, await publicationOf(version)]).toMatchObject(["scheduled", { at, note: "Tonight", shown: false }]);
    const later = await publish({ at });
    await shop.call("catalog.cancelPublication", { version: later.version });
    await shop.call("catalog.cancelPublication", { version: later.version });
    expect(await shop.refusal("catalog.rollBack", { version })).toMatchObject({ code: "CONFLICT" });
    await add("sooner");
    await db.query("UPDATE publication SET at = now() WHERE state IN ('scheduled', 'cancelled')");
    await eventually(async () =>
      expect(await publicationOf(version)).toMatchObject({ state: "published", shown: true }),
    );
    expect([await seen("soon"), await seen("sooner")].flat()).toHaveLength(2);
    expect(await publicationOf(later.version)).toMatchObject({ state: "cancelled", publishedAt: null });
    expect(await shop.refusal("catalog.cancelPublication", { version })).toMatchObject({ code: "CONFLICT" });
    expect(await shop.refusal("catalog.publish", { at: "2026-02-31" })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/at"],
    });
  });
});

test("two publications at once have a version each, and the draft is in the first of them", async () => {
  await add("raced");
  const both = await Promise.all([publish(), publish()]);
  const [first, second] = both.sort((a, b) => a.version - b.version);
  expect([first?.changes, second?.changes]).toEqual([1, 0]);
  expect(await publicationOf(second?.version ?? 0)).toMatchObject({ shown: true });
  expect(await seen("raced")).toHaveLength(1);
});

test("a large publication and one after it are both shown, in their order, and can be stopped", async () => {
  const many = (title: string) =>
    shop.call("catalog.batch", {
      products: Array.from({ length: 300 }, (_, at) => ({
        slug: `many-${at}`,
        title,
        variants: [{ sku: `many-${at}` }],
      })),
    });
  await many("one");
  const both = await Promise.all([publish(), publish()]);
  const [first, second] = both.map(({ version }) => version).sort((a, b) => a - b);
  await eventually(async () => expect(await publicationOf(second ?? 0)).toMatchObject({ shown: true }));
  expect(await publicationOf(first ?? 0)).toMatchObject({ state: "published", changes: 300 });
  // As a node has left it that was killed after it had taken the draft. Nobody goes on while this lock is held.
  const lock = lockKey("catalogue", "'products'");
  await many("two");
  await db.query(`SELECT pg_advisory_lock(${lock})`);
  await db.query(`
    WITH taken AS (UPDATE catalogue_state SET draft = draft + 1 RETURNING draft - 1 AS snapshot)
    INSERT INTO publication (version, snapshot, state, products)
    SELECT ${(second ?? 0) + 1}, snapshot, 'publishing', (SELECT count(*) FROM product WHERE archived_at IS NULL) FROM taken`);
  await shop.call("catalog.rollBack", { version: second ?? 0 }); // it is shown, and stays so
  await db.query(`SELECT pg_advisory_unlock(${lock})`);
  await many("three"); // what is not copied yet is copied as it was
  const stopped = (second ?? 0) + 1;
  await eventually(async () => {
    const { rows } = await db.query("SELECT FROM publication WHERE prepared_at IS NULL AND snapshot IS NOT NULL");
    expect(rows).toEqual([]);
  });
  expect(await publicationOf(stopped)).toMatchObject({ state: "rolled back", shown: false, publishedAt: null });
  const titles = async () => new Set((await seen("many-7")).concat(await seen("many-299")).map(({ title }) => title));
  expect(await titles()).toEqual(new Set(["one"]));
  await shop.call("catalog.rollBack", { version: stopped });
  expect(await titles()).toEqual(new Set(["two"]));
  const { products } = await shop.call("catalog.difference", { version: stopped, limit: 100 });
  expect(new Set(products.map(({ properties }) => String(properties)))).toEqual(new Set(["title"]));
});

test("a request that is sent twice with a key publishes once", async () => {
  await add("keyed");
  const answers = [];
  for (let time = 0; time < 2; time += 1)
    answers.push(await shop.call("catalog.publish", {}, { idempotencyKey: "publish-1" }));
  expect(answers[0]).toEqual(answers[1]);
});
