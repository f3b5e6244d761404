import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { Auth } from "#lib/contract/access.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { Identity, outcome, PASSWORD, SOMEBODY } from "#test/service/auth/identity-fixture.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { readUntil } from "#test/support/eventually.ts";

const STAFF: Auth = { kind: "staff", staffId: "staff_1", scopes: ["*"] };
const IDENTITY = join(import.meta.dirname, "../../../services/identity");
const composed = "ren\u00e9e@example.com";
const decomposed = "Rene\u0301e@Example.com";

describe("the composed and the decomposed form of an email", () => {
  let shop: Identity;
  beforeAll(async () => {
    shop = await new Identity().start();
  });
  afterAll(() => shop.stop());

  test("are one account of a customer, whichever registers and whichever logs in", async () => {
    const { customerId } = await shop.call("customers.create", { ...SOMEBODY, email: decomposed });
    expect(await outcome(shop.call("customers.create", { ...SOMEBODY, email: composed }))).toBe("EMAIL_TAKEN");
    for (const email of [composed, decomposed]) {
      await shop.logIn(email, PASSWORD);
      const { customers } = await shop.call("customers.list", { email }, { auth: STAFF });
      expect(customers).toMatchObject([{ customerId, email: composed }]);
    }
  });

  test("are one account of staff", async () => {
    const account = { password: PASSWORD, name: "Ren\u00e9e", roles: [] };
    await shop.asService("users.create", { ...account, email: composed });
    expect(await outcome(shop.asService("users.create", { ...account, email: decomposed }))).toBe("EMAIL_TAKEN");
    await shop.call("auth.staffLogin", { email: decomposed, password: PASSWORD });
  });

  test("are the same when a profile changes", async () => {
    const { customerId } = await shop.call("customers.create", { ...SOMEBODY, email: "other@example.com" });
    const change = (email: string) => outcome(shop.call("customers.update", { customerId, email }, { auth: STAFF }));
    expect(await change(decomposed)).toBe("EMAIL_TAKEN");
    await change("ame\u0301lie@example.com");
    const logsIn = async () => typeof (await outcome(shop.logIn("am\u00e9lie@example.com", PASSWORD))) === "object";
    expect(await readUntil(logsIn, Boolean)).toBe(true);
  });

  test("is refused where the normal form is too long to be stored", async () => {
    const long = `${"\u0130".repeat(240)}@example.com`; // in lower case each letter is two characters
    const { customerId } = await shop.call("customers.create", { ...SOMEBODY, email: "short@example.com" });
    const tries = [
      shop.call("customers.create", { ...SOMEBODY, email: long }),
      shop.call("customers.update", { customerId, email: long }, { auth: STAFF }),
    ];
    for (const refused of tries)
      expect(await refused.catch((error) => error)).toMatchObject({
        code: 422,
        data: { errors: [{ path: "/email" }] },
      });
  });
});

describe("emails that were stored before", () => {
  const cleanUp: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const undo of cleanUp) await undo();
  });

  /** A database with the first migration of a service only. */
  async function asBefore(service: string, first: string) {
    const folder = await mkdtemp(join(tmpdir(), "first-migration-"));
    cleanUp.push(() => rm(folder, { recursive: true }));
    await cp(join(IDENTITY, service, "migrations", first), join(folder, first));
    const url = await freshDatabase(`emails-${service}`);
    await migrate({ database: url }, folder);
    const client = new pg.Client(url);
    await client.connect();
    cleanUp.unshift(() => client.end());
    return { client, update: () => migrate({ database: url }, join(IDENTITY, service, "migrations")) };
  }

  const stored: [string, string][] = [
    ["1", "e\u0301a@x.y"], // alone
    ["2", "\u00e9b@x.y"], // has the normal form
    ["3", "e\u0301b@x.y"], // collides with 2
    ["4", "q\u0323\u0307@x.y"], // collides with 5, whose marks are in the other order
    ["5", "q\u0307\u0323@x.y"],
    ["6", "plain@x.y"],
  ];
  const expected = [
    "\u00e9a@x.y",
    "\u00e9b@x.y",
    "e\u0301b@x.y",
    "q\u0323\u0307@x.y",
    "q\u0307\u0323@x.y",
    "plain@x.y",
  ];

  test.each([
    ["customers", "001-customers.sql", "customer", "customer_id", "first_name, last_name", "'a', 'b'"],
    ["users", "001-users.sql", "staff", "staff_id", "name", "'a'"],
    ["auth", "001-auth.sql", "credential", "subject_id", "kind, password_hash, state", "'customer', 'h', 'active'"],
  ])("of %s get the normal form, and the second of two that collide stays as it is", async (...parts) => {
    const [service, first, table, id, columns, values] = parts;
    const { client, update } = await asBefore(service, first);
    for (const row of stored)
      await client.query(`INSERT INTO ${table} (${id}, email, ${columns}) VALUES ($1, $2, ${values})`, row);
    await update();
    const { rows } = await client.query(`SELECT email FROM ${table} ORDER BY ${id}`);
    expect(rows.map(({ email }) => email)).toEqual(expected);
  });
});
