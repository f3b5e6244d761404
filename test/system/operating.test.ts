import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { newId } from "#lib/contract/ids.ts";
import "#services/commerce/orders/contract.ts"; // loaded for its kinds of ids
import "#services/identity/customers/contract.ts";
import { Client, newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { databaseUrlOf, freshNamespace } from "#test/support/databases.ts";
import { eventually, readUntil } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

const run = promisify(execFile);

describe("operating a shop over HTTP", () => {
  const namespace = freshNamespace();
  let shop: Shop;
  let staff: Client;
  let buyer: Client;
  let orderId: string;
  const databases = new Map<string, pg.Client>();

  const query = (service: string, text: string, values: unknown[] = []) => databases.get(service)?.query(text, values);

  beforeAll(async () => {
    shop = await startShop("this process", { NAMESPACE: namespace });
    staff = await staffMember(shop);
    buyer = await newCustomer(shop);
    for (const service of ["inventory", "payments"]) {
      const client = new pg.Client(databaseUrlOf(namespace, service));
      await client.connect();
      databases.set(service, client);
    }
    const goods = await newGoods(staff, 5);
    const order = await buyer.post("/orders", orderOf(buyer, goods), { prefer: "wait=5" });
    expect(order.body).toMatchObject({ status: "paid" });
    orderId = order.body.orderId;
  }, 60_000);

  afterAll(async () => {
    for (const client of databases.values()) await client.end();
    await shop?.stop();
  }, 60_000);

  /** Puts an event of an unknown order into a group's dead letters, as one that failed before. */
  async function deadLetter(group: string, version: string): Promise<string> {
    const eventId = newId("event");
    const order = newId("order");
    const event = {
      eventId,
      eventType: "OrderCancelled",
      timestamp: new Date().toISOString(),
      version,
      data: { orderId: order, customerId: newId("customer"), reason: "test", refundAmount: 0, currency: "USD" },
      topic: "orders.events",
      key: order,
      sequence: 1,
      correlationId: "test",
      causationId: "test",
      traceparent: null,
      producer: "test",
    };
    await query(
      group,
      `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts) VALUES ($1, $2, $3, 'as asked', 5)`,
      [group, eventId, JSON.stringify(event)],
    );
    return eventId;
  }

  test("how the events are doing is for staff with the scope", async () => {
    expect((await new Client(shop).get("/events/groups")).status).toBe(401);
    expect((await buyer.get("/events/groups")).status).toBe(403);
    expect((await buyer.post("/events/groups/payments/rewind", { to: "start" })).status).toBe(403);
    const { status, body } = await staff.get("/events/groups");
    expect(status).toBe(200);
    const orders = body.groups.find(({ group }: { group: string }) => group === "orders");
    expect(orders.state).toEqual({
      lag: expect.any(Number),
      oldestUnsentSeconds: expect.any(Number),
      deadLetters: 0,
      alarms: { stuckOrders: 0 },
    });
    const { body: openapi } = await staff.send("GET", "/../../openapi.json");
    expect(Object.keys(openapi.paths)).toContain("/events/groups/{group}/rewind");
  });

  test("dead letters are listed, shown, retried and discarded", async () => {
    const good = await deadLetter("inventory", "1.0");
    const bad = await deadLetter("inventory", "9.0");
    const list = await staff.get("/events/dead-letters?group=inventory&limit=1");
    expect(list.body).toMatchObject({
      deadLetters: [{ eventId: bad, eventType: "OrderCancelled", attempts: 5, error: "as asked" }],
      pagination: { page: 1, limit: 1, total: 2 },
    });
    expect((await staff.get(`/events/dead-letters/inventory/${good}`)).body.event).toMatchObject({ version: "1.0" });
    expect((await staff.post(`/events/dead-letters/inventory/${good}/retry`)).status).toBe(204);
    const refused = await staff.post(`/events/dead-letters/inventory/${bad}/retry`);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: "EVENT_NOT_APPLIED", detail: expect.stringContaining("Version 9.0") });
    expect((await staff.get(`/events/dead-letters/inventory/${bad}`)).body).toMatchObject({ attempts: 6 });
    expect((await staff.delete(`/events/dead-letters/inventory/${bad}`)).status).toBe(204);
    expect((await staff.get("/events/dead-letters?group=inventory")).body.deadLetters).toEqual([]);
    for (const eventId of [good, bad]) {
      expect((await staff.get(`/events/dead-letters/inventory/${eventId}`)).status).toBe(404);
      expect((await staff.post(`/events/dead-letters/inventory/${eventId}/retry`)).status).toBe(404);
      expect((await staff.delete(`/events/dead-letters/inventory/${eventId}`)).status).toBe(404);
    }
    expect((await staff.get("/events/dead-letters?group=nobody")).status).toBe(404);
    expect((await staff.get("/events/dead-letters")).status).toBe(422);
  });

  test("a group is rewound, and its orders stay as they are", async () => {
    expect((await staff.post("/events/groups/payments/rewind", { to: "yesterday" })).status).toBe(422);
    expect((await staff.post("/events/groups/payments/rewind", { to: "2999-01-01T00:00:00Z" })).status).toBe(422);
    expect((await staff.post("/events/groups/nobody/rewind", { to: "start" })).status).toBe(404);
    expect((await staff.post("/events/groups/carts/rewind", { to: "start" })).status).toBe(404); // it listens to nothing
    // The taken stock is the last event of a paid order.
    await readUntil(
      async () => (await staff.get(`/orders/${orderId}/timeline`)).body,
      ({ steps }) => steps.some(({ step }: { step: string }) => step === "InventoryCommitted"),
    );
    const before = (await staff.get(`/orders/${orderId}?expand=payment`)).body;
    const rewound = await staff.post("/events/groups/payments/rewind", { to: "start" });
    expect(rewound.status).toBe(202);
    expect(rewound.body.events).toBeGreaterThanOrEqual(3);
    const applied = async () => (await query("payments", "SELECT 1 FROM inbox"))?.rowCount ?? 0;
    for (let wait = 0; wait < 100 && (await applied()) < rewound.body.events; wait++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await applied()).toBeGreaterThanOrEqual(rewound.body.events);
    expect((await staff.get(`/orders/${orderId}?expand=payment`)).body).toEqual(before);
  });

  test("the command does the same", async () => {
    const events = (...args: string[]) =>
      run(
        process.execPath,
        ["--no-warnings", join(import.meta.dirname, "../../tools/events.ts"), "--url", shop.url, ...args],
        {
          env: { PATH: process.env.PATH, LOG_LEVEL: "fatal" },
        },
      );
    const eventId = await deadLetter("inventory", "9.0");
    // Sent events are known to be sent once the position of the relay is saved, which takes a second.
    await eventually(async () => expect((await events("groups")).stdout).toMatch(/^inventory +0 +0\.0 +1/m));
    expect((await events("dead-letters")).stdout).toContain(eventId);
    await expect(events("retry", "inventory", eventId)).rejects.toMatchObject({
      stderr: expect.stringContaining("409 The event could not be applied"),
    });
    await events("discard", "inventory", eventId);
    expect((await events("dead-letters", "inventory")).stdout).not.toContain(eventId);
    await expect(events("rewind", "payments")).rejects.toMatchObject({
      stderr: expect.stringContaining("Use: npm run"),
    });
  });
});
