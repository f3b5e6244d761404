import { describe, expect, test } from "@jest/globals";
import { type DataPlace, nameOf, placeOf, sessionUrl } from "#lib/sql/data-place.ts";
import { decideLayout } from "#lib/sql/existing-data.ts";
import { StartupError } from "#lib/startup-error.ts";

const SERVER = "postgres://shop:secret@db:5432/postgres?options=-c%20timezone%3DUTC";

describe("the layout of the data", () => {
  const none = { databases: [], schemas: [] };
  const databases = { databases: ["orders"], schemas: [] };
  const schemas = { databases: [], schemas: ["orders"] };
  const both = { databases: ["orders"], schemas: ["orders"] };

  test.each([
    [undefined, none, "schemas"],
    ["schemas", none, "schemas"],
    ["databases", none, "databases"],
    [undefined, databases, "databases"],
    [undefined, schemas, "schemas"],
    ["databases", databases, "databases"],
    ["schemas", schemas, "schemas"],
    ["databases", both, "databases"],
    ["schemas", both, "schemas"],
  ] as const)("with the setting %s and the data %j is %s", (wanted, existing, layout) => {
    expect(decideLayout(wanted, existing)).toBe(layout);
  });

  test.each([
    ["schemas", databases, "set DATABASE_LAYOUT to databases"],
    ["databases", schemas, "set DATABASE_LAYOUT to schemas"],
    [undefined, both, "set DATABASE_LAYOUT to databases or to schemas"],
  ] as const)("with the setting %s and the data %j is a question to the operator", (wanted, existing, sentence) => {
    const decide = () => decideLayout(wanted, existing);
    expect(decide).toThrow(StartupError);
    expect(decide).toThrow(sentence);
  });
});

describe("the place of a service's data", () => {
  const places = { server: SERVER, namespace: "my-shop", databaseUrls: { payments: "postgres://vault/money" } };
  const name = (place: DataPlace) => nameOf(place);
  const options = (place: DataPlace) => new URL(sessionUrl(place, "-c jit=off")).searchParams.get("options");

  test("is a schema and a role of its own in the shared database", () => {
    const place = placeOf("orders", { ...places, layout: "schemas" });
    expect(place).toMatchObject({ schema: "orders", role: "my_shop_orders" });
    expect(new URL(place.database).pathname).toBe("/my_shop");
    expect(options(place)).toBe('-c timezone=UTC -c search_path="orders",public -c role=my_shop_orders -c jit=off');
  });

  test("is a database of its own", () => {
    const place = placeOf("orders", { ...places, layout: "databases" });
    expect(Object.keys(place)).toEqual(["database"]);
    expect(new URL(place.database).pathname).toBe("/my_shop_orders");
    expect(options(place)).toBe("-c timezone=UTC -c jit=off");
  });

  test.each(["schemas", "databases"] as const)("has a name of its own, with %s", (layout) => {
    expect(name(placeOf("orders", { ...places, layout }))).toBe("my_shop_orders");
  });

  test.each(["schemas", "databases"] as const)("is where the variable of the service says, with %s", (layout) => {
    const place = placeOf("payments", { ...places, layout });
    expect(place).toEqual({ database: "postgres://vault/money" });
    expect(name(place)).toBe("money");
  });
});
