import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import pg from "pg";
import { newId } from "#lib/contract/ids.ts";
import type { ActionName, CallParams, CallResult } from "#lib/contract/types.ts";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { databaseUrlOf, freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { catalogueInspections } from "#tools/verify/catalogue.ts";
import { ServiceDatabases } from "#tools/verify/databases.ts";
import { STAFF } from "./catalog-fixture.ts";

const STEPS = /^catalog\.(publish|rollBack|cancelPublication|publish-versions|tell-changes|remove-old-versions)\./;
const KNOWN = failPointsOfSchema(catalog);
const DRAFTS = { CATALOG_PUBLICATION: "drafts", CATALOG_VERSIONS_KEPT: "2" };

/** Records the fail points that were reached. */
class Recording extends FailPoints {
  readonly reached = new Set<string>();

  override reach(...[boundary, scope]: Parameters<FailPoints["reach"]>): Promise<void> {
    for (const what of typeof scope === "string" ? [scope] : scope) this.reached.add(`${what}.${boundary}`);
    return super.reach(boundary, scope);
  }
}

let namespace: string;
let broker: ServiceBroker | undefined;

beforeEach(() => {
  namespace = freshNamespace();
});
afterEach(async () => {
  await broker?.stop();
  broker = undefined;
});
afterAll(() => armFailPoints(undefined));

/** The same data, perhaps with another setting. */
async function restart(settings: Record<string, string>): Promise<void> {
  await broker?.stop();
  broker = await startBroker({ namespace, services: [catalog], settings });
  const wanted = settings.CATALOG_PUBLICATION ?? "immediate";
  await eventually(async () => expect(await rows("SELECT mode FROM catalogue_state")).toEqual([{ mode: wanted }]));
}

const db = () => databaseOf(broker as ServiceBroker, "catalog");
const rows = (text: string) => db().query(text);

/** Asks until the answer arrives: the same request, as a client would send it again. */
async function ask<N extends ActionName>(name: N, params: CallParams<N>): Promise<CallResult<N>> {
  const idempotencyKey = newId("product");
  const once = () => broker?.call(name, params as object, { meta: { auth: STAFF, idempotencyKey } });
  return eventually(() => once() as Promise<CallResult<N>>);
}

const add = (slug: string, title = slug) =>
  ask("catalog.batch", { products: [{ slug, title, variants: [{ sku: slug }] }] });

/** What other services were told of products, when they were told everything. */
async function told(): Promise<string[]> {
  await eventually(async () => expect(await rows("SELECT FROM shown_change WHERE told_at IS NULL")).toEqual([]));
  const events = await db().query<{ what: string }>(
    "SELECT event_type || ' ' || coalesce(data ->> 'title', data ->> 'slug') AS what FROM outbox WHERE event_type LIKE 'Product%' ORDER BY id",
  );
  return events.map(({ what }) => what);
}

/** The invariants of `npm run verify` that are broken. */
async function broken(): Promise<string[]> {
  const databases = await ServiceDatabases.find({ server: postgresUrl(), namespace });
  try {
    const wrong: string[] = [];
    for (const inspection of catalogueInspections)
      for await (const { invariant, suspects } of inspection.look(databases))
        wrong.push(...suspects.map((suspect) => `${invariant} ${suspect.id}: ${suspect.wrong}`));
    return wrong;
  } finally {
    await databases.close();
  }
}

test("publications survive an error after each commit, and together reach every fail point of theirs", async () => {
  const faults = KNOWN.filter((name) => STEPS.test(name) && name.endsWith(".after-commit"));
  const points = new Recording(faults.map((name) => `${name}:throw*1`).join(), KNOWN);
  armFailPoints(points);
  await restart(DRAFTS);
  await add("lamp", "Lamp 1");
  await ask("catalog.publish", {});
  await add("lamp", "Lamp 2");
  const { version } = await ask("catalog.publish", {});
  await ask("catalog.rollBack", { version: version - 1 });
  const { version: never } = await ask("catalog.publish", { at: "2099-01-01" });
  await eventually(() => broker?.call("catalog.cancelPublication", { version: never }, { meta: { auth: STAFF } }));
  await add("lamp", "Lamp 3");
  await ask("catalog.publish", { at: "2026-01-01" });
  await eventually(async () => {
    const { products } = await ask("catalog.list", { slug: "lamp" });
    expect(products).toMatchObject([{ title: "Lamp 3" }]);
  });
  expect(await told()).toEqual([
    ...["ProductCreated Lamp 1", "ProductUpdated Lamp 2", "ProductUpdated Lamp 1", "ProductUpdated Lamp 3"],
  ]);
  await eventually(async () => {
    expect(await rows("SELECT snapshot FROM publication WHERE snapshot IS NOT NULL")).toHaveLength(2);
    expect(await rows("SELECT FROM published_product")).toHaveLength(2);
  });
  const own = KNOWN.filter((name) => STEPS.test(name));
  await eventually(() => expect(own.filter((name) => !points.reached.has(name))).toEqual([]));
  expect(await broken()).toEqual([]);
});

test("a shop may begin with drafts, end with them and begin again: what is told is what is shown, each change once", async () => {
  armFailPoints(undefined);
  await restart({});
  await add("lamp", "Lamp 1");
  await add("gone");
  await restart(DRAFTS);
  await add("lamp", "Lamp 2");
  expect((await ask("catalog.list", { slug: "lamp" })).products).toMatchObject([{ title: "Lamp 1" }]);
  await ask("catalog.publish", { at: "2099-01-01" });
  expect(await told()).toEqual(["ProductCreated Lamp 1", "ProductCreated gone"]);
  expect(await broken()).toEqual([]);

  await restart({}); // what is left of the draft is published
  expect((await ask("catalog.list", { slug: "lamp" })).products).toMatchObject([{ title: "Lamp 2" }]);
  await add("lamp", "Lamp 3");
  await add("new");
  expect(await told()).toEqual([
    ...["ProductCreated Lamp 1", "ProductCreated gone"],
    ...["ProductUpdated Lamp 2", "ProductUpdated Lamp 3", "ProductCreated new"],
  ]);
  const refused = broker?.call("catalog.publish", {}, { meta: { auth: STAFF } });
  await expect(refused).rejects.toThrow("CATALOG_PUBLICATION");
  const versions = () =>
    Promise.all([rows("SELECT * FROM catalogue_state"), rows("SELECT * FROM publication"), told()]);
  const before = await versions();
  const back = broker?.call("catalog.rollBack", { version: 1 }, { meta: { auth: STAFF } });
  await expect(back).rejects.toMatchObject({
    type: "CONFLICT",
    message: expect.stringContaining("CATALOG_PUBLICATION"),
  });
  expect(await versions()).toEqual(before);
  expect(await broken()).toEqual([]);

  await restart(DRAFTS); // the first version of now is what the shop showed
  expect((await ask("catalog.list", {})).products.map(({ title }) => title).sort()).toEqual(["Lamp 3", "gone", "new"]);
  expect((await told()).length).toBe(5);
  const { publications } = await ask("catalog.publications", {});
  expect(publications.map(({ state }) => state)).toContain("cancelled");
  expect(await broken()).toEqual([]);
});

test("drafts end after a publication that is under way, and with what was written since it took the draft", async () => {
  armFailPoints(undefined);
  await restart(DRAFTS);
  await add("lamp", "Lamp 1");
  await add("chair", "Chair 1");
  await ask("catalog.publish", {});
  await add("lamp", "Lamp 2");
  await told();
  await broker?.stop();
  broker = undefined;
  // As a node has left it that was killed after it had taken the draft, and after a further write.
  const planted = new pg.Client({ connectionString: databaseUrlOf(namespace, "catalog") });
  await planted.connect();
  try {
    await planted.query(`
      WITH taken AS (UPDATE catalogue_state SET draft = draft + 1 RETURNING draft - 1 AS snapshot)
      INSERT INTO publication (version, snapshot, state, products)
      SELECT (SELECT max(version) + 1 FROM publication), snapshot, 'publishing', 2 FROM taken;
      UPDATE product SET title = 'Chair 2' WHERE slug = 'chair';
      INSERT INTO draft_change (snapshot, product_id)
      SELECT draft, product_id FROM catalogue_state, product WHERE slug = 'chair'`);
  } finally {
    await planted.end();
  }
  await restart({});
  expect((await told()).slice(-2)).toEqual(["ProductUpdated Lamp 2", "ProductUpdated Chair 2"]);
  const { publications } = await ask("catalog.publications", {});
  expect(publications.map(({ state, shown }) => [state, shown]).slice(0, 2)).toEqual([
    ["published", true],
    ["published", false],
  ]);
  expect(await broken()).toEqual([]);
});

/** What was done to the rows, how it is undone, and which invariant that breaks. */
const PLANTED: { wrong: string; done: string; undone: string; breaks: string }[] = [
  {
    wrong: "the shop shows a version that is gone",
    done: "UPDATE catalogue_state SET shown = 99",
    undone: "UPDATE catalogue_state SET shown = 3",
    breaks: "catalog.shown",
  },
  {
    wrong: "a product is in a version twice",
    done: "UPDATE published_product SET to_snapshot = 9 WHERE slug = 'lamp' AND from_snapshot = 2",
    undone: "UPDATE published_product SET to_snapshot = 3 WHERE slug = 'lamp' AND from_snapshot = 2",
    breaks: "catalog.once",
  },
  {
    wrong: "a product was not copied",
    done: "UPDATE publication SET products = 3 WHERE snapshot = 3",
    undone: "UPDATE publication SET products = 2 WHERE snapshot = 3",
    breaks: "catalog.whole",
  },
  {
    wrong: "a variant was not copied",
    done: "UPDATE published_variant SET from_snapshot = 77 WHERE sku = 'gone'",
    undone: "UPDATE published_variant SET from_snapshot = 3 WHERE sku = 'gone'",
    breaks: "catalog.facts",
  },
  {
    wrong: "that a draft was written is forgotten",
    done: "UPDATE product SET title = 'Lamp 9' WHERE slug = 'lamp'",
    undone: "UPDATE product SET title = 'Lamp 2' WHERE slug = 'lamp'",
    breaks: "catalog.drafts",
  },
  {
    wrong: "a product was not told",
    done: "UPDATE outbox SET event_type = 'ProductArchived' WHERE data ->> 'title' = 'Lamp 2'",
    undone: "UPDATE outbox SET event_type = 'ProductUpdated' WHERE data ->> 'title' = 'Lamp 2'",
    breaks: "catalog.told",
  },
  {
    wrong: "nobody tells what is shown",
    done: "UPDATE shown_change SET told_at = NULL, at = now() - interval '1 day', told_until = 'z' WHERE number = 1",
    undone: "UPDATE shown_change SET told_at = now(), at = now() WHERE number = 1",
    breaks: "catalog.told-in-time",
  },
];

test("verify finds what is wrong with a version", async () => {
  armFailPoints(undefined);
  await restart(DRAFTS);
  await add("lamp", "Lamp 1");
  await ask("catalog.publish", {});
  await add("lamp", "Lamp 2");
  await add("gone");
  await ask("catalog.publish", {});
  await told();
  await broker?.stop(); // so that no job changes what is planted
  broker = undefined;
  const planted = new pg.Client({ connectionString: databaseUrlOf(namespace, "catalog") });
  await planted.connect();
  try {
    expect(await broken()).toEqual([]);
    for (const { done, undone, breaks } of PLANTED) {
      await planted.query(done);
      const found = (await broken()).map((line) => line.split(" ")[0]);
      await planted.query(undone);
      expect(found).toContain(breaks);
    }
    expect(await broken()).toEqual([]);
  } finally {
    await planted.end();
  }
});
