import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { freePort, type Shop, startShop } from "#test/support/shop.ts";
import { bystanders, newcomers, p99Ms } from "#tools/chaos/bystanders.ts";
import { Gateway } from "#tools/chaos/http.ts";
import { RunningAttack } from "#tools/chaos/socket-attack.ts";

const PLAN = { readers: 200, writers: 200, idle: 600, addresses: 50 };
const CALM_MS = 2_000;
const ATTACKED_MS = 5_000;
const WINDOWS = 4; // at most: other tests may take the cores during one, and an attack that works disturbs all of them
const CLOSED_WITHIN_MS = 40_000; // the bounds are ten seconds, but the attack takes much of the machine
const NOISE_MS = 60; // another program on these cores can delay every hundredth request by this much
const PER_ADDRESS = 100;
const JSON_BODY = { "content-type": "application/json" };
const STRANGER = "127.0.0.99"; // an address that takes no part in the attack

let shop: Shop;
let gateway: Gateway;
let port: number;
let metricsPort: number;
const sockets: Socket[] = [];

beforeAll(async () => {
  metricsPort = await freePort();
  shop = await startShop("one process", {
    CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
    METRICS_PORT: String(metricsPort),
  });
  port = Number(new URL(shop.url).port);
  gateway = new Gateway("shop", port);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  gateway?.close();
  await shop?.stop();
});

async function open(localAddress: string): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Everything that the shop sends until it closes the connection, in which nothing else happens. */
async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (part) => (text += part));
  await once(socket, "close");
  return text;
}

/** How much the metrics say was refused, by reason. */
async function refusals(): Promise<Record<string, number>> {
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const counters = metrics.matchAll(/^tradepost_gateway_refused_total\{.*reason="(\w+)".*\} (\d+)$/gm);
  return Object.fromEntries([...counters].map(([, reason, count]) => [reason, Number(count)]));
}

test("slow readers, slow writers and idle sockets delay nobody else, and are closed after a while", async () => {
  const calm = await bystanders(gateway, CALM_MS);
  const began = performance.now();
  const attack = await RunningAttack.start(shop.url, PLAN);
  const bound = Math.max(2 * p99Ms(calm), p99Ms(calm) + NOISE_MS);
  let best = Number.POSITIVE_INFINITY;
  for (let window = 0; window < WINDOWS && best >= bound; window++) {
    const [attacked, arriving] = await Promise.all([bystanders(gateway, ATTACKED_MS), newcomers(gateway, ATTACKED_MS)]);
    expect([...new Set([...calm, ...attacked, ...arriving].map(({ status }) => status))].sort()).toEqual([200, 201]);
    best = Math.min(best, p99Ms(attacked));
  }
  expect(best).toBeLessThan(bound);
  await eventually(async () => {
    const { body_slow, request_late, response_unread = 0, responses_full = 0 } = await refusals();
    expect(body_slow).toBeGreaterThanOrEqual(PLAN.writers);
    expect(request_late).toBeGreaterThanOrEqual(PLAN.idle);
    expect(response_unread + responses_full).toBeGreaterThanOrEqual(PLAN.readers);
  }, CLOSED_WITHIN_MS);
  const { answered, closed } = await attack.stop();
  expect(answered).toBeGreaterThan(0);
  expect(closed.idle).toBeGreaterThan(0);
  const seconds = (performance.now() - began) / 1_000;
  const lines = shop.nodes[0]?.output.split("\n").filter((line) => line.includes("bodies arrived too slowly")) ?? [];
  expect(lines.length).toBeGreaterThanOrEqual(1);
  expect(lines.length).toBeLessThanOrEqual(1 + seconds / 10); // and not one for each socket
}, 90_000);

test("requests in large numbers that nobody reads the answers of hold no slot of admission", async () => {
  const readers = await Promise.all(Array.from({ length: 90 }, () => open("127.0.0.98")));
  for (const reader of readers)
    reader.pause().write("GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(4));
  const statuses: number[] = [];
  for (let second = 0; second < 3; second++) {
    await sleep(1_000);
    statuses.push((await fetch(`${shop.url}/api/v1/products?limit=7&page=${second + 1}`)).status);
  }
  expect(statuses).toEqual([200, 200, 200]);
}, 30_000);

test("a rush for the files of the API reference takes nobody's place", async () => {
  const addresses = ["127.0.0.93", "127.0.0.94", "127.0.0.95", "127.0.0.96"];
  const readers = await Promise.all(addresses.flatMap((address) => Array.from({ length: 90 }, () => open(address))));
  const answers = readers.map(async (reader) => {
    const text = textOf(reader);
    reader.write("HEAD /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3));
    reader.write("HEAD /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return (await text).match(/^HTTP\/1.1 \d+/gm) ?? [];
  });
  const carts = Array.from({ length: 5 }, async (_, at) => {
    await sleep(at * 5);
    return (await fetch(`${shop.url}/api/v1/carts`, { method: "POST", body: "{}", headers: JSON_BODY })).status;
  });
  expect(await Promise.all(carts)).toEqual([201, 201, 201, 201, 201]);
  const statuses = new Set((await Promise.all(answers)).flat());
  expect(statuses).toContain("HTTP/1.1 200");
  expect(["HTTP/1.1 200", "HTTP/1.1 503"]).toEqual(expect.arrayContaining([...statuses]));
}, 30_000);

test("an address that has too many connections gets no further one, and others do", async () => {
  const greedy = await Promise.all(Array.from({ length: PER_ADDRESS }, () => open(STRANGER)));
  const further = await open(STRANGER);
  expect(await textOf(further)).toBe("");
  expect((await fetch(`${shop.url}/health/ready`)).status).toBe(200);
  expect(greedy.some(({ destroyed }) => destroyed)).toBe(false);
  expect(await refusals()).toMatchObject({ address_connections: 1 });
  for (const socket of greedy) socket.destroy();
  await eventually(async () => {
    const again = await open(STRANGER);
    again.write("GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await textOf(again)).toContain('"live"');
  });
}, 30_000);

test("a body that does not come is refused with 408, and the connection is closed", async () => {
  const socket = await open("127.0.0.97");
  const answer = textOf(socket);
  socket.write(
    "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
  );
  const problem = await answer;
  expect(problem).toMatch(/^HTTP\/1.1 408 /);
  expect(problem).toContain('"code":"BODY_TOO_SLOW"');
  expect(problem).toContain("application/problem+json");
}, 30_000);

test("a body that is larger than its contract allows is refused, also when it does not say its length", async () => {
  const body = JSON.stringify({ email: "x".repeat(1_100_000) });
  const chunked = new ReadableStream({
    start(stream) {
      stream.enqueue(Buffer.from(body));
      stream.close();
    },
  });
  for (const sent of [body, chunked]) {
    const answer = await fetch(`${shop.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: sent,
      ...(sent === chunked ? { duplex: "half" as const } : {}),
    }).catch(() => undefined);
    expect(answer?.status ?? "reset").toBe(413);
  }
});
