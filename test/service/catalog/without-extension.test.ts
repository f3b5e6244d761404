import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { withSessionOptions } from "#lib/sql/connection.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import { setup } from "#services/product/catalog/setup.ts";
import { databaseOf } from "#test/support/broker.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { TestShop } from "./catalog-fixture.ts";

const ROLE = `shop_${randomBytes(4).toString("hex")}`; // roles belong to the whole server
let admin: pg.Client;
let shop: TestShop;

beforeAll(async () => {
  const url = await freshDatabase("no_extension");
  admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE ROLE ${ROLE}; GRANT USAGE, CREATE ON SCHEMA public TO ${ROLE}`);
  shop = await TestShop.start([catalog], { CATALOG_DATABASE_URL: withSessionOptions(url, `-c role=${ROLE}`) });
});

afterAll(async () => {
  await shop?.stop();
  await admin?.query(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
  await admin?.end();
});

async function warnings(): Promise<string[]> {
  const lines: string[] = [];
  const log = { warn: (line: string) => lines.push(line) };
  await setup({ db: databaseOf(shop.broker, "catalog"), env: {}, log } as unknown as SetupContext);
  return lines;
}

test("without the right to make an extension searches work, and one line says what is missing", async () => {
  const { rows } = await admin.query("SELECT FROM pg_extension WHERE extname = 'pg_trgm'");
  expect(rows).toHaveLength(0);
  await shop.call("catalog.batch", {
    products: ["Lamp", "Clamp", "Table"].map((title) => ({
      slug: title.toLowerCase(),
      title,
      variants: [{ sku: title }],
    })),
  });
  const { products, pagination } = await shop.call("catalog.list", { q: "LAMP", sort: "title" });
  expect(products.map(({ title }) => title)).toEqual(["Clamp", "Lamp"]);
  expect(pagination).toEqual({ page: 1, limit: 20, total: 2 });
  expect(await warnings()).toEqual([expect.stringContaining("CREATE EXTENSION pg_trgm; CREATE INDEX")]);
});

test("what that line asks an administrator to do mends it", async () => {
  const [line = ""] = await warnings();
  const statements = line.match(/CREATE [^;]+;/g) ?? [];
  expect(statements).toHaveLength(3);
  for (const statement of statements) await admin.query(statement);
  expect(await warnings()).toEqual([]);
});
