import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const START_MS = 60_000;
const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SHOWN_DIGITS = 16; // of a trace id, in Moleculer's Zipkin exporter

interface Span {
  traceId: string;
  id: string;
  parentId?: string;
  name: string;
  tags: Record<string, string>;
}

/** A Zipkin collector that keeps what it gets. */
async function collector(): Promise<{ url: string; spans: Span[]; server: Server }> {
  const spans: Span[] = [];
  const server = createServer(async (req, res) => {
    let text = "";
    for await (const chunk of req) text += chunk;
    spans.push(...(JSON.parse(text) as Span[]));
    res.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, server };
}

describe.each(MODES)("tracing in %s", (mode) => {
  let zipkin: Awaited<ReturnType<typeof collector>>;
  let shop: Shop;

  beforeAll(async () => {
    zipkin = await collector();
    shop = await startShop(mode, { TRACE_COLLECTOR: zipkin.url });
  }, START_MS);
  afterAll(async () => {
    await shop?.stop();
    zipkin?.server.close();
  }, START_MS);

  test("an order is one trace, from the client's own span through every service that takes part", async () => {
    const goods = await newGoods(await staffMember(shop), 5);
    const buyer = await newCustomer(shop);
    const placed = await buyer.post("/orders", orderOf(buyer, goods), {
      prefer: "wait=10",
      traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
    });
    expect(placed).toMatchObject({ status: 201, body: { status: "paid" } });
    const wanted = [
      "POST /api/v1/orders",
      "action 'orders.create'",
      "inventory on OrderCreated",
      "payments on InventoryReserved",
      "orders on PaymentAuthorized",
      "payments on OrderConfirmed",
      "orders on PaymentCompleted",
    ];
    const ours = () => zipkin.spans.filter(({ traceId }) => traceId === TRACE_ID.slice(0, SHOWN_DIGITS));
    await eventually(() => expect(ours().map(({ name }) => name)).toEqual(expect.arrayContaining(wanted)));
    // Each span but the outermost has its parent in the same trace.
    const ids = new Set(ours().map(({ id }) => id));
    const orphans = ours().filter(({ parentId }) => parentId !== "00f067aa0ba902b7" && !ids.has(parentId ?? ""));
    expect(orphans).toEqual([]);
    // Collectors refuse a whole batch for one id that is not hexadecimal.
    expect(zipkin.spans.filter(({ traceId }) => !/^[0-9a-f]{16}$/.test(traceId))).toEqual([]);
    const secrets = JSON.stringify(zipkin.spans).match(/admin-password-1|Market Street/g);
    expect(secrets).toBeNull(); // parameters are not exported
  });
});
