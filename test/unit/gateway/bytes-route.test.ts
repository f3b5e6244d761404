import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Type } from "typebox";
import { anyone, staff } from "#lib/contract/access.ts";
import { BodyPart, Bytes, bytesOf } from "#lib/contract/bytes.ts";
import { action, Exact } from "#lib/contract/contract.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { gatewayLimits } from "#services/platform/gateway/domain/limits.ts";
import { actionRoute } from "#services/platform/gateway/rest/action-route.ts";
import type { Edge, GatewayRequest } from "#services/platform/gateway/rest/edge.ts";
import { eventually } from "#test/support/eventually.ts";

type Called = { part: { number: number; base64: string; isLast: boolean }; before?: { bytes: number } };

const Sum = Type.Object({ bytes: Type.Integer() });
const upload = action({
  summary: "Counts bytes.",
  rest: "POST /uploads",
  params: Exact({ part: BodyPart, before: Type.Optional(Sum) }),
  returns: Sum,
  access: anyone(),
  parts: { types: ["text/csv"], partBytes: 1_000, example: { type: "text/csv", text: "a" } },
});
const staffUpload = action({ ...upload, rest: "POST /staff-uploads", access: staff("media:write") });
const download = action({
  summary: "Sends bytes.",
  rest: "GET /downloads",
  params: Exact({ next: Type.Optional(Type.String()) }),
  returns: Bytes,
  access: anyone(),
  bytes: { types: ["text/csv"] },
});

let called: Called[];
let answer: (params: never) => Promise<unknown>;
let server: ReturnType<typeof createServer>;
let url: string;

beforeAll(async () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const edge = {
    accessLog: { beginAction: () => {} },
    beginWaiting: () => new Promise<void>(() => {}),
    log,
  } as unknown as Edge;
  const routed = (name: string, spec: ActionContract) =>
    actionRoute(() => edge, { name, spec, expansions: new Map() as never });
  const [uploads, staffUploads] = [routed("x.upload", upload), routed("x.staffUpload", staffUpload)];
  const downloads = routed("x.download", download);
  server = createServer((req: IncomingMessage, res: ServerResponse) => {
    const caller = { auth: { kind: "anonymous" }, address: "test", token: "absent" };
    const given = { $ctx: { meta: {}, call: (_: string, params: never) => answer(params) }, $params: {}, caller };
    const request = Object.assign(req, given, { originalUrl: req.url }) as unknown as GatewayRequest;
    const post = req.url === "/staff-uploads" ? staffUploads : uploads;
    void (req.method === "POST" ? post : downloads)(request, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

/** Adds the bytes of a part to those before it. */
const adding = async (params: never) => {
  const { part, before } = params as Called;
  called.push({ part, ...(before ? { before } : {}) });
  return { bytes: (before?.bytes ?? 0) + bytesOf(part).length };
};

test("an action is called for each part of a body, with its answer to the part before", async () => {
  called = [];
  answer = adding;
  const headers = { "content-type": "text/csv" };
  const response = await fetch(`${url}/uploads`, { method: "POST", headers, body: "x".repeat(2_500) });
  expect([response.status, await response.json()]).toEqual([200, { bytes: 2_500 }]);
  expect(called.map(({ part, before }) => [part.number, part.isLast, before?.bytes])).toEqual([
    [1, false, undefined],
    [2, false, 1_000],
    [3, true, 2_000],
  ]);
  called = [];
  const empty = await fetch(`${url}/uploads`, { method: "POST", headers, body: "" });
  expect([empty.status, await empty.json(), called.length]).toEqual([200, { bytes: 0 }, 1]);
  for (const query of ["part=1", "before.bytes=7"])
    expect((await fetch(`${url}/uploads?${query}`, { method: "POST", headers, body: "x" })).status).toBe(422);
  expect((await fetch(`${url}/uploads`, { method: "POST", body: "x" })).status).toBe(415);
});

test("a client sends no faster than the action works, and no call takes the body of one that has gone away for whole", async () => {
  called = [];
  let release = () => {};
  answer = async (params: never) => {
    const sum = await adding(params);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return sum;
  };
  const client = send(`${url}/uploads`, { method: "POST", headers: { "content-type": "text/csv" } });
  client.on("error", () => {});
  let taken = 0;
  const chunk = Buffer.alloc(1_000_000);
  for (let i = 0; i < 64; i++) client.write(chunk, () => (taken += chunk.length));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(called.length).toBe(1);
  expect(taken).toBeLessThan(32_000_000); // what the kernel holds
  client.destroy();
  answer = adding;
  release();
  // What the kernel holds still arrives. The body has no end, so no call is told that it has.
  let before = 0;
  await eventually(async () => {
    const now = called.length;
    const isSteady = now === before;
    before = now;
    expect(isSteady).toBe(true);
  });
  expect(called.some(({ part }) => part.isLast)).toBe(false);
});

test("guests who send slowly to an action for staff are refused at once, and take no place of others", async () => {
  const headers = { "content-type": "text/csv" };
  const clients = Array.from({ length: gatewayLimits.PARTS_OPEN }, () =>
    send(`${url}/staff-uploads`, { method: "POST", headers }).on("error", () => {}),
  );
  const statuses = clients.map(async (client) => {
    client.write("x");
    const [response] = (await once(client, "response", { signal: AbortSignal.timeout(5_000) })) as [IncomingMessage];
    return response.statusCode;
  });
  try {
    expect(new Set(await Promise.all(statuses))).toEqual(new Set([401]));
    called = [];
    answer = adding;
    expect((await fetch(`${url}/uploads`, { method: "POST", headers, body: "x" })).status).toBe(200);
    expect(called).toHaveLength(1);
  } finally {
    for (const client of clients) client.destroy();
  }
});

test("an answer is sent chunk by chunk, and a failure in the middle breaks the connection", async () => {
  const chunkOf = (text: string, next?: string) => ({
    type: "text/csv",
    base64: Buffer.from(text).toString("base64"),
    ...(next ? { next } : {}),
  });
  const chunks: Record<string, object> = { "": chunkOf("a\n", "1"), 1: chunkOf("b\n", "2"), 2: chunkOf("c\n") };
  answer = async (params: never) => chunks[(params as { next?: string }).next ?? ""];
  const whole = await fetch(`${url}/downloads`);
  expect([whole.headers.get("content-type"), await whole.text()]).toEqual(["text/csv; charset=utf-8", "a\nb\nc\n"]);
  delete chunks[2];
  answer = async (params: never) => {
    const chunk = chunks[(params as { next?: string }).next ?? ""];
    if (!chunk) throw new Error("lost");
    return chunk;
  };
  await expect(fetch(`${url}/downloads`).then((response) => response.text())).rejects.toThrow();
});

test("of an answer in chunks HEAD asks for the first only", async () => {
  let calls = 0;
  answer = async () => {
    calls += 1;
    return { type: "text/csv", base64: "YQo=", ...(calls < 3 ? { next: String(calls) } : {}) };
  };
  const response = await fetch(`${url}/downloads`, { method: "HEAD" });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
  expect(calls).toBe(1);
});

test("what is immutable may be kept for a year, and is not sent twice", async () => {
  answer = async () => ({ type: "image/webp", base64: Buffer.from("picture").toString("base64"), immutable: true });
  const first = await fetch(`${url}/downloads`);
  expect(first.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  const again = await fetch(`${url}/downloads`, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
  expect([await first.text(), again.status]).toEqual(["picture", 304]);
});

test("contracts say when bytes cannot be", async () => {
  const { contract } = await import("#lib/contract/contract.ts");
  const declare = (spec: object) => () =>
    contract("bytes-test", { summary: "", actions: { x: { ...upload, ...spec } } });
  expect(declare({ idempotent: true })).toThrow("a body in parts");
  expect(declare({ rest: "GET /uploads" })).toThrow("a body in parts");
  expect(declare({ ...download, returns: Sum, parts: undefined, access: staff("x:read") })).toThrow("bytes are for");
});
