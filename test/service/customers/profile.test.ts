import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Auth } from "#lib/contract/access.ts";
import { customerLimits } from "#services/identity/customers/domain/limits.ts";
import { HOME, Identity, outcome, PASSWORD, SOMEBODY } from "#test/service/auth/identity-fixture.ts";
import { readUntil } from "#test/support/eventually.ts";

describe("a customer", () => {
  let shop: Identity;
  let count = 0;
  beforeAll(async () => {
    shop = await new Identity().start();
  });
  afterAll(() => shop.stop());

  /** Registers a customer. `meta` calls as that customer. */
  async function newCustomer() {
    const email = `customer-${count++}@example.com`;
    const { customerId } = await shop.call("customers.create", { ...SOMEBODY, email });
    return { email, customerId, meta: { auth: { kind: "customer", customerId } as Auth } };
  }
  const eventsOf = async (customerId: string) => {
    const events = await shop
      .db("customers")
      .query<{ data: { updatedFields: string[] } }>(
        "SELECT data FROM outbox WHERE key = $1 AND event_type = 'CustomerUpdated' ORDER BY id",
        [customerId],
      );
    return events.map(({ data }) => data);
  };

  test("is in the groups that staff have set, and others learn each change once", async () => {
    const staff = { auth: { kind: "staff", staffId: "staff_1", scopes: ["customers:*"] } as Auth };
    const { customerId, meta } = await newCustomer();
    for (const code of ["wholesale", "press"]) await shop.call("customers.createGroup", { code, name: code }, staff);
    expect(await outcome(shop.call("customers.createGroup", { code: "press", name: "x" }, staff))).toBe(
      "ALREADY_EXISTS",
    );
    const set = (groups: string[]) => shop.call("customers.setGroups", { customerId, groups }, staff);
    await expect(set(["press", "nobody"])).rejects.toMatchObject({ data: { errors: [{ path: "/groups/1" }] } });
    for (const groups of [["wholesale", "press"], ["press", "wholesale"], ["press"]]) await set(groups);
    expect(await shop.call("customers.getGroups", { customerId }, meta)).toEqual({ customerId, groups: ["press"] });
    expect(await outcome(shop.call("customers.deleteGroup", { code: "press" }, staff))).toBe("CONFLICT");
    await shop.call("customers.deleteGroup", { code: "wholesale" }, staff);
    await shop.call("customers.updateGroup", { code: "press", name: "Journalists" }, staff);
    expect(await shop.call("customers.listGroups", {}, staff)).toMatchObject({
      groups: [{ code: "press", name: "Journalists" }],
      pagination: { total: 1 },
    });
    const told = await shop
      .db("customers")
      .query("SELECT data FROM outbox WHERE key = $1 AND event_type = 'CustomerGroupsChanged' ORDER BY id", [
        customerId,
      ]);
    expect(told.map((row) => (row as { data: object }).data)).toEqual([
      { customerId, groups: ["press", "wholesale"] },
      { customerId, groups: ["press"] },
    ]);
  });

  test("changes only the fields of the request, and the event names those that changed", async () => {
    const { customerId, email, meta } = await newCustomer();
    const changed = await shop.call(
      "customers.update",
      { customerId, firstName: "Augusta", phone: "+44 20 7946 0000" },
      meta,
    );
    expect(changed).toMatchObject({
      customerId,
      email,
      firstName: "Augusta",
      lastName: "Lovelace",
      phone: "+44 20 7946 0000",
      addresses: [],
    });
    expect(await shop.call("customers.get", { customerId }, meta)).toEqual(changed);
    await shop.call("customers.update", { customerId, firstName: "Augusta" }, meta);
    expect(await shop.call("customers.update", { customerId, phone: null }, meta)).toHaveProperty("phone", null);
    expect(await eventsOf(customerId)).toEqual([
      { customerId, updatedFields: ["firstName", "phone"] },
      { customerId, updatedFields: ["phone"] },
    ]);
  });

  test("logs in only with the new email after a change, and another customer can get the old one", async () => {
    const { customerId, email, meta } = await newCustomer();
    const taken = await newCustomer();
    expect(await outcome(shop.call("customers.update", { customerId, email: taken.email.toUpperCase() }, meta))).toBe(
      "EMAIL_TAKEN",
    );
    await shop.call("customers.update", { customerId, email: `New.${email}` }, meta);
    expect(await eventsOf(customerId)).toEqual([{ customerId, updatedFields: ["email"], email: `new.${email}` }]);
    await shop.call("customers.create", { ...SOMEBODY, email, password: "somebody else" });
    const opens = (login: string, password: string) => async () =>
      typeof (await outcome(shop.logIn(login, password))) === "object";
    expect(await readUntil(opens(`new.${email}`, PASSWORD), Boolean)).toBe(true);
    expect(await readUntil(opens(email, "somebody else"), Boolean)).toBe(true);
    expect(await outcome(shop.logIn(email, PASSWORD))).toBe("INVALID_CREDENTIALS");
  });

  test("adds, reads, changes and removes addresses", async () => {
    const { customerId, meta } = await newCustomer();
    const home = await shop.call("customers.addAddress", { customerId, ...HOME }, meta);
    expect(home).toEqual({ addressId: expect.stringMatching(/^addr_/), ...HOME });
    const work = await shop.call("customers.addAddress", { customerId, ...HOME, street: "2 Work Road" }, meta);
    const { addressId } = home;
    expect(await shop.call("customers.updateAddress", { customerId, addressId, city: "Salem" }, meta)).toEqual({
      ...home,
      city: "Salem",
    });
    expect(await shop.call("customers.getAddress", { customerId, addressId }, meta)).toEqual({
      ...home,
      city: "Salem",
    });
    expect(await shop.call("customers.listAddresses", { customerId, limit: 1, page: 2 }, meta)).toEqual({
      addresses: [work],
      pagination: { page: 2, limit: 1, total: 2 },
    });
    expect(await shop.call("customers.removeAddress", { customerId, addressId }, meta)).toEqual({});
    for (const gone of [
      shop.call("customers.getAddress", { customerId, addressId }, meta),
      shop.call("customers.updateAddress", { customerId, addressId, city: "Bend" }, meta),
      shop.call("customers.removeAddress", { customerId, addressId }, meta),
    ]) {
      expect(await outcome(gone)).toBe("NOT_FOUND");
    }
    const replaced = await shop.call("customers.update", { customerId, address: { ...HOME, zipCode: "1" } }, meta);
    expect(replaced.addresses).toEqual([{ addressId: work.addressId, ...HOME, zipCode: "1" }]);
  });

  test("has addresses with a country: the one that is given, or the shop's own", async () => {
    const { customerId, meta } = await newCustomer();
    const { country: _, ...somewhere } = HOME;
    expect(await shop.call("customers.addAddress", { customerId, ...somewhere }, meta)).toMatchObject({
      country: "US",
    });
    const abroad = await shop.call("customers.addAddress", { customerId, ...somewhere, country: "CH" }, meta);
    expect(abroad).toMatchObject({ country: "CH" });
    const { addressId } = abroad;
    expect(await shop.call("customers.updateAddress", { customerId, addressId, city: "Bern" }, meta)).toMatchObject({
      city: "Bern",
      country: "CH",
    });
    expect(await shop.call("customers.update", { customerId, address: somewhere }, meta)).toMatchObject({
      addresses: [{ country: "US" }, { country: "CH" }],
    });
    for (const country of ["USA", "us", "EU", "ZZ", ""]) {
      expect(await outcome(shop.call("customers.addAddress", { customerId, ...HOME, country }, meta))).toBe(
        "VALIDATION_FAILED",
      );
    }
  });

  test("has a limited number of addresses, also when they are added at the same moment", async () => {
    const { customerId, meta } = await newCustomer();
    const add = () => outcome(shop.call("customers.addAddress", { customerId, ...HOME }, meta));
    await shop.db("customers").query(
      `INSERT INTO address (address_id, customer_id, street, city, state, zip_code, country)
       SELECT 'addr_' || $1 || n, $1, 'Street', 'City', '', '1', 'US' FROM generate_series(6, $2::int) n`,
      [customerId, customerLimits.CUSTOMER_ADDRESSES],
    );
    const answers = await Promise.all(Array.from({ length: 10 }, add));
    expect(answers.filter((answer) => answer === "LIMIT_REACHED")).toHaveLength(5);
    expect((await shop.call("customers.listAddresses", { customerId }, meta)).pagination.total).toBe(
      customerLimits.CUSTOMER_ADDRESSES,
    );
  });

  test("adds one address for an idempotency key that is sent twice", async () => {
    const { customerId, meta } = await newCustomer();
    const once = { ...meta, idempotencyKey: "add-home" };
    const first = await shop.call("customers.addAddress", { customerId, ...HOME }, once);
    expect(await shop.call("customers.addAddress", { customerId, ...HOME }, once)).toEqual(first);
    expect(await outcome(shop.call("customers.addAddress", { customerId, ...HOME, city: "Bend" }, once))).toBe(
      "IDEMPOTENCY_KEY_REUSED",
    );
    expect((await shop.call("customers.listAddresses", { customerId }, meta)).pagination.total).toBe(1);
  });

  test("keeps the preferences of the last request, also those that the shop does not know", async () => {
    const { customerId, meta } = await newCustomer();
    expect(await shop.call("customers.getPreferences", { customerId }, meta)).toEqual({});
    await shop.call("customers.setPreferences", { customerId, language: "en-GB", theme: "dark" }, meta);
    await shop.call("customers.setPreferences", { customerId, marketingEmails: false, theme: "light" }, meta);
    expect(await shop.call("customers.getPreferences", { customerId }, meta)).toEqual({
      marketingEmails: false,
      theme: "light",
    });
    const tooMany = Object.fromEntries(Array.from({ length: customerLimits.PREFERENCES + 1 }, (_, n) => [`p${n}`, n]));
    for (const refused of [{ marketingEmails: "yes" }, { theme: { deep: true } }, tooMany, { theme: "\u0000" }]) {
      expect(await outcome(shop.call("customers.setPreferences", { customerId, ...refused } as never, meta))).toBe(
        "VALIDATION_FAILED",
      );
    }
  });

  test("is hidden from other customers, and open to staff with the scope", async () => {
    const { customerId, meta } = await newCustomer();
    const other = await newCustomer();
    const { addressId } = await shop.call("customers.addAddress", { customerId, ...HOME }, meta);
    const calls = async (as: Auth) => {
      const answers = await Promise.all([
        outcome(shop.call("customers.get", { customerId }, { auth: as })),
        outcome(shop.call("customers.listAddresses", { customerId }, { auth: as })),
        outcome(shop.call("customers.getAddress", { customerId, addressId }, { auth: as })),
        outcome(shop.call("customers.getPreferences", { customerId }, { auth: as })),
        outcome(shop.call("customers.update", { customerId, lastName: "King" }, { auth: as })),
        outcome(shop.call("customers.addAddress", { customerId, ...HOME }, { auth: as })),
        outcome(shop.call("customers.updateAddress", { customerId, addressId, city: "Bend" }, { auth: as })),
        outcome(shop.call("customers.setPreferences", { customerId, theme: "x" }, { auth: as })),
      ]);
      // The removal is last, because the other calls would not find the address any more.
      return [...answers, await outcome(shop.call("customers.removeAddress", { customerId, addressId }, { auth: as }))];
    };
    const staff = (scopes: string[]): Auth => ({ kind: "staff", staffId: "staff_1", scopes });
    expect(new Set(await calls({ kind: "anonymous" }))).toEqual(new Set(["UNAUTHENTICATED"]));
    expect(new Set(await calls(other.meta.auth))).toEqual(new Set(["NOT_FOUND"]));
    expect(new Set(await calls(staff(["orders:*"])))).toEqual(new Set(["FORBIDDEN"]));
    const reader = await calls(staff(["customers:read"]));
    expect(reader.slice(0, 4).every((answer) => typeof answer === "object")).toBe(true);
    expect(new Set(reader.slice(4))).toEqual(new Set(["FORBIDDEN"]));
    // An address of another customer cannot be reached through the own customer id either.
    const detour = shop.call("customers.removeAddress", { customerId: other.customerId, addressId }, other.meta);
    expect(await outcome(detour)).toBe("NOT_FOUND");
    expect((await calls(staff(["customers:*"]))).every((answer) => typeof answer === "object")).toBe(true);
  });

  test("is on exactly one page of the list for staff", async () => {
    await Promise.all(Array.from({ length: 5 }, newCustomer));
    const meta = { auth: { kind: "staff", staffId: "staff_1", scopes: ["customers:read"] } as Auth };
    const { pagination } = await shop.call("customers.list", { limit: 1 }, meta);
    const pages = await Promise.all(
      Array.from({ length: Math.ceil(pagination.total / 4) }, (_, n) =>
        shop.call("customers.list", { page: n + 1, limit: 4, sort: "email" }, meta),
      ),
    );
    const emails = pages.flatMap(({ customers }) => customers.map(({ email }) => email));
    expect(new Set(emails).size).toBe(pagination.total);
    expect(emails).toEqual([...emails].sort());
    const [email = ""] = emails;
    expect((await shop.call("customers.list", { email: email.toUpperCase() }, meta)).customers).toMatchObject([
      { email },
    ]);
    expect(await outcome(shop.call("customers.list", {}, { auth: { kind: "customer", customerId: "cust_1" } }))).toBe(
      "FORBIDDEN",
    );
    expect(await outcome(shop.call("customers.list", { sort: "phone" } as never, meta))).toBe("VALIDATION_FAILED");
  });

  test("is NOT_FOUND for services, too, when it does not exist", async () => {
    const asService = (name: "customers.get" | "customers.listAddresses" | "customers.getPreferences") =>
      outcome(shop.asService(name, { customerId: "cust_nobody" }));
    expect(await asService("customers.get")).toBe("NOT_FOUND");
    expect(await asService("customers.listAddresses")).toBe("NOT_FOUND");
    expect(await asService("customers.getPreferences")).toBe("NOT_FOUND");
    expect(await outcome(shop.asService("customers.update", { customerId: "cust_nobody", firstName: "X" }))).toBe(
      "NOT_FOUND",
    );
  });
});
