import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { type Auth, anyone } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import type { Contract } from "#lib/contract/types.ts";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import type { Caller } from "#services/platform/gateway/rest/caller.ts";
import type { Edge, GatewayRequest } from "#services/platform/gateway/rest/edge.ts";
import { declaredStreams } from "#services/platform/gateway/streams/declared-streams.ts";
import { EventStreams } from "#services/platform/gateway/streams/event-streams.ts";
import { eventually } from "#test/support/eventually.ts";

const Message = Exact({ n: Type.Integer(), what: Type.String(), text: Type.String() });
const rooms = contract("rooms", {
  summary: "Rooms of a test",
  actions: {
    messages: action({
      summary: "The messages of a room",
      rest: "GET /rooms/:roomId/messages",
      params: Exact({ roomId: Type.String() }),
      returns: Exact({ messages: Type.Array(Message) }),
      access: anyone(),
      stream: {
        summary: "Follows a room",
        rest: "GET /rooms/:roomId/stream",
        items: "messages",
        id: "n",
        event: "what",
        signal: "rooms.spoken",
        until: { property: "what", values: ["closed"] },
      },
    }),
  },
  signals: { spoken: Exact({ roomId: Type.String() }) },
}) as unknown as Contract;
const [declared] = declaredStreams([rooms]);
const BOUNDS = {
  STREAMS_PER_ACCOUNT: 2,
  STREAMS_PER_ADDRESS: 3,
  STREAM_RETRY_AFTER_SECONDS: 7,
  STREAM_HEARTBEAT_MS: 50,
  STREAM_STALL_MS: 300,
};
const customer = (customerId: string): Auth => ({ kind: "customer", customerId });

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A real HTTP server that serves the stream to callers whom the test chooses. */
async function streamServer(read: () => object[] | Promise<object[]>, bounds: Partial<typeof BOUNDS> = {}) {
  const verifier = { identify: async () => ({ kind: "anonymous" }) };
  const edge = { verifier, beginWaiting: () => new Promise(() => {}) } as unknown as Edge;
  const streams = new EventStreams(() => edge, declared ? [declared] : [], { ...gatewayLimits, ...BOUNDS, ...bounds });
  const buffered: number[] = [];
  let caller: Caller = { auth: { kind: "anonymous" }, address: "192.0.2.1" };
  const server = createServer((req, res) => {
    const write = res.write.bind(res) as (chunk: string) => boolean;
    res.write = (chunk: string) => {
      const isTaken = write(chunk);
      buffered.push(res.writableLength);
      return isTaken;
    };
    const $ctx = { call: async () => ({ messages: await read() }) };
    const request = Object.assign(req, { $ctx, $params: { params: { roomId: "room_1" } }, caller });
    if (declared) void streams.serve(declared, request as unknown as GatewayRequest, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(async () => {
    streams.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const open = (as: Partial<Caller> = {}) => {
    caller = { auth: { kind: "anonymous" }, address: "192.0.2.1", ...as };
    return new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: "127.0.0.1", port, agent: false }, resolve).on("error", reject);
    });
  };
  return { open, buffered };
}

test("an account and an address have a number of streams each, and a stream that ends makes room", async () => {
  const { open } = await streamServer(() => []);
  const [first, second] = [await open({ auth: customer("a") }), await open({ auth: customer("a") })];
  expect([first.statusCode, second.statusCode]).toEqual([200, 200]);
  const third = await open({ auth: customer("a"), address: "198.51.100.1" });
  expect([third.statusCode, third.headers["retry-after"]]).toEqual([429, "7"]);
  expect((await open({ auth: customer("b") })).statusCode).toBe(200);
  expect((await open({ auth: customer("c") })).statusCode).toBe(429); // the fourth of the address
  expect((await open({ auth: customer("c"), address: "198.51.100.1" })).statusCode).toBe(200);
  first.destroy();
  await eventually(async () => expect((await open({ auth: customer("a") })).statusCode).toBe(200));
});

test("the addresses of one IPv6 network count as one", async () => {
  const { open } = await streamServer(() => []);
  for (const host of ["1", "2", "3"]) expect((await open({ address: `2001:db8:1:2::${host}` })).statusCode).toBe(200);
  expect((await open({ address: "2001:db8:1:2:ffff::4" })).statusCode).toBe(429);
  expect((await open({ address: "2001:db8:1:3::1" })).statusCode).toBe(200);
});

test("a heartbeat is sent while there are no events", async () => {
  const { open } = await streamServer(() => []);
  const response = await open();
  let text = "";
  response.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await eventually(() => expect(text.match(/^: heartbeat$/gm)?.length).toBeGreaterThan(2));
  expect(text.replaceAll(": heartbeat\n\n", "")).toBe("");
});

test("a client that does not read keeps one event in memory, and is disconnected after a time", async () => {
  const EVENT_CHARS = 200_000;
  const messages = Array.from({ length: 200 }, (_, n) => ({ n: n + 1, what: "said", text: "x".repeat(EVENT_CHARS) }));
  const { open, buffered } = await streamServer(() => messages);
  const response = await open(); // 40 MB follow, far above what the kernel buffers
  response.pause();
  const closed = new Promise((resolve) => response.once("close", resolve));
  response.on("error", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, BOUNDS.STREAM_STALL_MS * 3));
  response.resume(); // the rest of what the kernel has, then the end
  await closed;
  expect(response.complete).toBe(false);
  expect(Math.max(...buffered)).toBeLessThan(2 * EVENT_CHARS);
});

test("a client that reads slowly gets everything", async () => {
  const messages = Array.from({ length: 40 }, (_, at) => ({
    n: at + 1,
    what: at === 39 ? "closed" : "said",
    text: "x".repeat(200_000),
  }));
  const { open } = await streamServer(() => messages, { STREAM_STALL_MS: 5_000 });
  const response = await open();
  let text = "";
  for await (const chunk of response) {
    text += String(chunk);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(text.match(/^id: \d+$/gm)).toHaveLength(40);
});
