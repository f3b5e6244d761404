import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker, ServiceSchema } from "moleculer";
import type { CallParams, CallResult } from "#lib/contract/types.ts";
import auth from "#services/identity/auth/auth.service.ts";
import { auth as authContract } from "#services/identity/auth/contract.ts";
import { customers as customersContract } from "#services/identity/customers/contract.ts";
import customers from "#services/identity/customers/customers.service.ts";
import users from "#services/identity/users/users.service.ts";
import gateway from "#services/platform/gateway/gateway.service.ts";
import { apiRoute } from "#services/platform/gateway/routes.ts";
import { startBroker } from "#test/support/broker.ts";
import { type Answer, type Client, newCustomer, staffMember } from "#test/support/client.ts";
import { freePort, Shop } from "#test/support/shop.ts";
import { labels } from "./labels/contract.ts";
import labelsService from "./labels/labels.service.ts";
import { wishes } from "./wishes/contract.ts";
import wishesService from "./wishes/wishes.service.ts";

const AT_MOST = 5;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The gateway with routes of the tests' own contracts. */
const edge = {
  ...gateway,
  settings: { ...gateway.settings, routes: [apiRoute([authContract, customersContract, wishes, labels] as never)] },
  events: {},
} as ServiceSchema;

describe("a service made from a contract, a model and a migration", () => {
  let broker: ServiceBroker;
  let shop: Shop;
  let staff: Client;

  beforeAll(async () => {
    const port = await freePort();
    shop = new Shop(`http://127.0.0.1:${port}`, []);
    broker = await startBroker({
      services: [auth, users, customers, wishesService, labelsService, edge],
      settings: {
        PORT: String(port),
        HOST: "127.0.0.1",
        ADMIN_EMAIL: "admin@example.com",
        ADMIN_PASSWORD: "admin-password-1",
      },
    });
    staff = await staffMember(shop);
  });
  afterAll(() => broker?.stop());

  const pathOf = (client: Client, list = "birthday") => `/customers/${client.customerId}/wishlists/${list}/wishes`;
  const wish = (facts: object = {}) => ({ productId: randomUUID(), priority: 1, gift: false, tags: [], ...facts });
  const codeOf = ({ status, body }: Answer) => [status, body.code];
  const idsOf = ({ body }: Answer) => body.wishes.map(({ wishId }: { wishId: string }) => wishId);

  async function added(client: Client, facts: object = {}, list?: string) {
    const { status, body } = await client.post(pathOf(client, list), wish(facts));
    expect(status).toBe(201);
    return body;
  }

  test("creates an item and reads it", async () => {
    const ada = await newCustomer(shop);
    const facts = wish({ tags: ["red", "blue"], note: "the large one", wantedAt: "2027-01-31T12:00:00.000Z" });
    const made = await ada.post(pathOf(ada), facts);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      ...facts,
      customerId: ada.customerId,
      list: "birthday",
      wishId: expect.stringMatching(/^wish_/),
      createdAt: expect.stringMatching(TIME),
      updatedAt: made.body.createdAt,
    });
    const read = await ada.get(`${pathOf(ada)}/${made.body.wishId}`);
    expect([read.status, read.body]).toEqual([200, made.body]);
  });

  test("updates the fields that are given and removes an optional one with null", async () => {
    const ada = await newCustomer(shop);
    const before = await added(ada, { note: "the large one", tags: ["red"] });
    const path = `${pathOf(ada)}/${before.wishId}`;
    const changed = await ada.put(path, { priority: 2, tags: ["blue"] });
    expect([changed.status, changed.body]).toEqual([
      200,
      { ...before, priority: 2, tags: ["blue"], updatedAt: expect.stringMatching(TIME) },
    ]);
    expect(changed.body.updatedAt > before.updatedAt).toBe(true);
    const { note, ...without } = changed.body;
    expect((await ada.put(path, { note: null })).body).toEqual({ ...without, updatedAt: expect.stringMatching(TIME) });
    expect((await ada.get(path)).body).not.toHaveProperty("note");
    expect(codeOf(await ada.put(path, { priority: null }))).toEqual([422, "VALIDATION_FAILED"]);
  });

  test("deletes an item once", async () => {
    const ada = await newCustomer(shop);
    const path = `${pathOf(ada)}/${(await added(ada)).wishId}`;
    expect((await ada.delete(path)).status).toBe(204);
    for (const answer of [await ada.get(path), await ada.delete(path), await ada.put(path, { priority: 2 })])
      expect(codeOf(answer)).toEqual([404, "NOT_FOUND"]);
  });

  test("pages through the newest first, and no item is on two pages", async () => {
    const ada = await newCustomer(shop);
    const ids = [];
    for (let i = 0; i < AT_MOST; i++) ids.unshift((await added(ada)).wishId);
    const pages = [];
    for (let page = 1; page <= 3; page++) {
      const answer = await ada.get(`${pathOf(ada)}?page=${page}&limit=2`);
      expect(answer.body.pagination).toEqual({ page, limit: 2, total: AT_MOST });
      pages.push(...idsOf(answer));
    }
    expect(pages).toEqual(ids);
    expect(codeOf(await ada.get(`${pathOf(ada)}?limit=101`))).toEqual([422, "VALIDATION_FAILED"]);
  });

  test("filters and sorts by the fields that the contract names, and by no other", async () => {
    const ada = await newCustomer(shop);
    const low = await added(ada, { priority: 3, gift: true });
    const high = await added(ada, { priority: 1 });
    const middle = await added(ada, { priority: 2, gift: true });
    const listed = async (query: string) => idsOf(await ada.get(`${pathOf(ada)}?${query}`));
    expect(await listed("sort=priority")).toEqual([high.wishId, middle.wishId, low.wishId]);
    expect(await listed("sort=-priority&gift=true")).toEqual([low.wishId, middle.wishId]);
    expect(await listed("priority=1")).toEqual([high.wishId]);
    expect(await listed(`sort=createdAt&productId=${low.productId}`)).toEqual([low.wishId]);
    expect(await listed("priority=1&gift=true")).toEqual([]);
    for (const query of ["sort=note", "sort=comment", "note=x", "tags=red", "priority=high", "unknown=1"])
      expect(codeOf(await ada.get(`${pathOf(ada)}?${query}`))).toEqual([422, "VALIDATION_FAILED"]);
  });

  test("hides an owner's items from everybody else, but not from staff with the scope", async () => {
    const [ada, bob] = [await newCustomer(shop), await newCustomer(shop)];
    const { wishId } = await added(ada);
    const own = pathOf(ada);
    const requests = async (client: Client, path: string) => [
      await client.get(path),
      await client.get(`${path}/${wishId}`),
      await client.post(path, wish()),
      await client.put(`${path}/${wishId}`, { priority: 2 }),
      await client.delete(`${path}/${wishId}`),
    ];
    for (const answer of await requests(bob, own)) expect(codeOf(answer)).toEqual([404, "NOT_FOUND"]);
    // Under his own path, and under another list of the owner, the item does not exist.
    for (const [client, path] of [
      [bob, pathOf(bob)],
      [ada, pathOf(ada, "wedding")],
    ] as const) {
      const [list, get, , update, remove] = await requests(client, path);
      expect(list?.body.wishes).toEqual([]);
      for (const answer of [get, update, remove]) expect(codeOf(answer as Answer)).toEqual([404, "NOT_FOUND"]);
    }
    expect((await requests(staff, own)).map(({ status }) => status)).toEqual([200, 200, 201, 200, 204]);
    expect(codeOf(await ada.send("GET", own, { token: "none" }))).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("refuses what the contract does not allow", async () => {
    const ada = await newCustomer(shop);
    const path = pathOf(ada);
    for (const bad of [{}, wish({ priority: 0 }), wish({ unknown: 1 }), wish({ tags: [1] }), wish({ wishId: "mine" })])
      expect(codeOf(await ada.post(path, bad))).toEqual([422, "VALIDATION_FAILED"]);
    expect(codeOf(await ada.post(pathOf(ada, "UPPER"), wish()))).toEqual([422, "VALIDATION_FAILED"]);
    expect(codeOf(await ada.post(path, "{"))).toEqual([400, "MALFORMED_JSON"]);
  });

  test("refuses a value that its column cannot hold, and a second item with a unique value", async () => {
    const ada = await newCustomer(shop);
    expect(codeOf(await ada.post(pathOf(ada), wish({ priority: 2 ** 32 })))).toEqual([422, "VALIDATION_FAILED"]);
    const [first, second] = [await added(ada), await added(ada)];
    const { productId } = first;
    expect(codeOf(await ada.post(pathOf(ada), wish({ productId })))).toEqual([409, "ALREADY_EXISTS"]);
    const path = `${pathOf(ada)}/${second.wishId}`;
    expect(codeOf(await ada.put(path, { productId }))).toEqual([409, "ALREADY_EXISTS"]);
    expect((await ada.get(path)).body).toEqual(second);
  });

  test("creates one item for an idempotency key", async () => {
    const ada = await newCustomer(shop);
    const facts = wish();
    const key = { "Idempotency-Key": randomUUID() };
    const [first, second] = [await ada.post(pathOf(ada), facts, key), await ada.post(pathOf(ada), facts, key)];
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("Idempotent-Replayed")).toBe("true");
    expect(codeOf(await ada.post(pathOf(ada), wish(), key))).toEqual([422, "IDEMPOTENCY_KEY_REUSED"]);
    expect((await ada.get(pathOf(ada))).body.pagination.total).toBe(1);
  });

  test("keeps no more items of one owner than the contract says, whatever comes at once", async () => {
    const ada = await newCustomer(shop);
    const answers = await Promise.all(Array.from({ length: AT_MOST + 3 }, () => ada.post(pathOf(ada), wish())));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(AT_MOST);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(codeOf(answer)).toEqual([409, "LIMIT_REACHED"]);
    await added(ada, {}, "wedding"); // another list has room
  });

  test("keeps items without an owner, and has actions of its own beside those of the table", async () => {
    const ada = await newCustomer(shop);
    expect(codeOf(await ada.get("/labels"))).toEqual([403, "FORBIDDEN"]);
    const made = await staff.post("/labels", { text: "fragile" });
    expect((await staff.get("/labels")).body.labels).toEqual([made.body]);
    expect((await staff.put(`/labels/${made.body.labelId}`, { text: "heavy" })).body.text).toBe("heavy");
    expect((await staff.post("/labels:clear", {})).body).toEqual({ removed: 1 });
    expect((await staff.get("/labels")).body.pagination.total).toBe(0);
  });

  test("is called by other services with types", async () => {
    const customerId = "cust_typed";
    const call = <N extends "wishes.create" | "wishes.list">(name: N, params: CallParams<N>) =>
      broker.call(name, params, { meta: { auth: { kind: "service", service: "test" } } }) as unknown as Promise<
        CallResult<N>
      >;
    const made = await call("wishes.create", { customerId, list: "birthday", ...wish() });
    const note: string | undefined = made.note;
    const page = await call("wishes.list", { customerId, list: "birthday", sort: "-priority", gift: false });
    expect([note, page.wishes[0]?.wishId, page.pagination.total]).toEqual([undefined, made.wishId, 1]);
    // @ts-expect-error: the contract has no such sort
    await expect(call("wishes.list", { customerId, list: "birthday", sort: "note" })).rejects.toThrow();
    // @ts-expect-error: a wish needs a priority
    await expect(call("wishes.create", { customerId, list: "birthday", ...wish(), priority: "1" })).rejects.toThrow();
  });
});
