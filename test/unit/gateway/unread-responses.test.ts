import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { createGatewayServer } from "#services/platform/gateway/overload/server.ts";
import { UnreadResponses } from "#services/platform/gateway/overload/unread-responses.ts";
import { eventually } from "#test/support/eventually.ts";

const MB = 1_048_576;
const BOUNDS = { READING_WINDOW_MS: 1_000, READING_WINDOW_BYTES: 65_536, UNREAD_BYTES: 1_000 * MB };
const BODY = Buffer.alloc(30 * MB); // more than the kernel takes
const KERNEL_BYTES = 10 * MB; // what it holds of a connection at most: after a client has read that, the server has written more

let ended: string[];
let unread: UnreadResponses;
let processed: number;
let clients: Socket[];
let server: ReturnType<typeof createGatewayServer>;

beforeEach(async () => {
  ended = [];
  clients = [];
  processed = 0;
  unread = new UnreadResponses((reason) => ended.push(reason), BOUNDS);
  server = createGatewayServer((req, res) => {
    res.onUnread = unread.add;
    res.onceProcessed(() => (processed += 1));
    const bytes = Number(req.url?.slice(1)) * MB;
    res.writeHead(200, { "Content-Length": bytes }).end(BODY.subarray(0, bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => {
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  server.close();
});

/** A client that requests so many MB several times on one connection, and reads nothing. */
async function ask(times: number, megabytes = 30): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {}); // it may be reset
  client.pause();
  clients.push(client);
  const before = processed;
  client.write(`GET /${megabytes} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(times));
  await eventually(() => expect(processed).toBe(before + times));
  return client;
}

test("a request is processed when its answer is complete, although the client reads nothing", async () => {
  await ask(4);
  unread.sweep();
  expect(unread.bytes).toBeGreaterThan(4 * 20 * MB);
});

test("an answer that the kernel takes at once is not watched", async () => {
  await ask(3, 0);
  unread.sweep();
  expect(unread.bytes).toBe(0);
});

test("a client that reads nothing is disconnected, and one that reads is not", async () => {
  const idle = await ask(2);
  const reader = await ask(2);
  const began = performance.now();
  unread.sweep(began);
  for (let second = 1; second <= 3; second++) {
    reader.resume();
    const read = reader.bytesRead;
    await eventually(() => expect(reader.bytesRead).toBeGreaterThan(read + KERNEL_BYTES));
    reader.pause();
    unread.sweep(began + second * 900);
  }
  expect(ended).toEqual(["response_unread"]);
  idle.resume();
  await once(idle, "close");
  reader.resume();
  await eventually(() => expect(reader.bytesRead).toBeGreaterThan(2 * 30 * MB));
  unread.sweep(began + 10_000);
  expect([unread.bytes, ended.length]).toEqual([0, 1]);
});

test("when unread responses take too much, the heaviest are ended, and the others stay", async () => {
  const bounds = { ...BOUNDS, UNREAD_BYTES: 100 * MB };
  unread = new UnreadResponses((reason) => ended.push(reason), bounds);
  await ask(1);
  await ask(4);
  await ask(1);
  unread.sweep();
  expect(ended).toEqual(["responses_full"]);
  expect(unread.bytes).toBeLessThan(61 * MB); // of the two with one response each
  await sleep(10);
  unread.sweep();
  expect(ended).toHaveLength(1);
});
