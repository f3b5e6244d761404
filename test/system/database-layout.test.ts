import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { existingData } from "#lib/sql/existing-data.ts";
import { migrate } from "#lib/sql/migrations.ts";
import users from "#services/identity/users/users.service.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { dataPlaceOf, freshNamespace } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { ShopNode } from "#test/support/shop.ts";

const FOLDER = join(import.meta.dirname, "../../services/identity/users");

/** A namespace whose services have had databases of their own. */
async function earlierShop(): Promise<string> {
  const namespace = freshNamespace();
  await migrate(dataPlaceOf(namespace, "users", "databases"), join(FOLDER, "migrations"));
  return namespace;
}

test("a shop whose data are in databases does not start empty in schemas, and says which setting to use", async () => {
  const namespace = await earlierShop();
  const env = { DATABASE_URL: postgresUrl(), NAMESPACE: namespace, DATABASE_LAYOUT: "schemas" };
  const node = new ShopNode("users", ["services/identity/users"], env);
  node.start();
  expect(await node.exit()).toBe(1);
  expect(node.output.trim()).toBe(
    "DATABASE_LAYOUT is schemas, but the data are in databases, such as that of users: set DATABASE_LAYOUT to databases.",
  );
  expect(await existingData(postgresUrl(), namespace)).toEqual({ databases: ["users"], schemas: [] });
});

test("a shop whose data are in databases keeps them there while nothing else is set", async () => {
  const namespace = await earlierShop();
  const broker = await startBroker({ namespace, services: [users] });
  try {
    expect(databaseOf(broker, "users").place).toEqual(dataPlaceOf(namespace, "users", "databases"));
  } finally {
    await broker.stop();
  }
  expect((await existingData(postgresUrl(), namespace)).schemas).toEqual([]);
});
