import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RequestBodies } from "#services/platform/gateway/overload/request-bodies.ts";

const BOUNDS = { ARRIVAL_WINDOW_MS: 1_000, ARRIVAL_WINDOW_BYTES: 100, BODIES_BYTES: 1_000, BODY_ARRIVAL_MS: 10_000 };

let refused: string[];
let bodies: RequestBodies;
beforeEach(() => {
  refused = [];
  bodies = new RequestBodies((reason, address) => refused.push(`${reason} ${address}`), BOUNDS);
});

type Request = PassThrough & IncomingMessage;

function request(headers: Record<string, string> = {}): Request {
  return Object.assign(new PassThrough(), { headers }) as unknown as Request;
}

/** Begins to read the body of a request. @returns the code with which it fails, or the body as text */
function read(req: Request, maxBytes = 10_000, address = "a"): Promise<string> {
  return bodies.read(req, maxBytes, address).then(String, (error: { type: string }) => error.type);
}

test("a body is whole, however it is cut into chunks, and is held until it is released", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 20 }), async (chunks) => {
      const req = request();
      const body = read(req);
      for (const chunk of chunks) req.write(chunk);
      req.end();
      expect(await body).toBe(chunks.join(""));
      expect(bodies.bytes).toBe(Buffer.byteLength(chunks.join("")));
      bodies.release(bodies.bytes);
    }),
  );
});

test("a body that is too large is refused, whether or not it says so beforehand", async () => {
  const honest = request({ "content-length": "11" });
  expect(await read(honest, 10)).toBe("BODY_TOO_LARGE");
  const other = request();
  const body = read(other, 10);
  other.write("12345678901");
  expect(await body).toBe("BODY_TOO_LARGE");
  other.write("more");
  await turn();
  expect(bodies.bytes).toBe(0);
});

test("a body that arrives too slowly is refused, and one that is fast enough is not", async () => {
  const began = performance.now();
  const [slow, steady] = [request(), request()];
  const outcome = read(slow, 10_000, "slow");
  const other = read(steady);
  for (let second = 0; second < 3; second++) {
    slow.write("x");
    steady.write("x".repeat(BOUNDS.ARRIVAL_WINDOW_BYTES));
    await turn();
    bodies.sweep(began + second * 900);
  }
  expect(await outcome).toBe("BODY_TOO_SLOW");
  expect(refused).toEqual(["body_slow slow"]);
  steady.end();
  expect(await other).toHaveLength(300);
  expect(bodies.bytes).toBe(300);
});

test("when all bodies together take too much, those of the heaviest address are refused", async () => {
  const outcomes: Record<string, Promise<string>> = {};
  const send = async (name: string, address: string, bytes: number) => {
    const req = request();
    outcomes[name] = read(req, 10_000, address);
    req.write("x".repeat(bytes));
    await turn();
    return req;
  };
  const small = await send("small", "others", 10);
  await send("first", "greedy", 450);
  const second = await send("second", "greedy", 400);
  await send("third", "greedy", 300);
  expect(await outcomes.first).toBe("SERVICE_UNAVAILABLE");
  expect(refused).toEqual(["bodies_full greedy"]);
  expect(bodies.bytes).toBe(710);
  small.end();
  second.end();
  expect([await outcomes.small, await outcomes.second]).toEqual(["x".repeat(10), "x".repeat(400)]);
});

test("chunks are copied and not kept, because small ones take far more memory than the bytes in them", async () => {
  const req = request();
  const body = read(req);
  const chunks = ["first ", "second ", "third"].map((text) => Buffer.from(text));
  for (const chunk of chunks) {
    req.write(chunk);
    await turn();
  }
  for (const chunk of chunks) chunk.fill("x");
  req.end();
  expect(await body).toBe("first second third");
});

test("a client that disconnects frees what its body took", async () => {
  const req = request();
  const body = read(req);
  req.write("half");
  await turn();
  req.destroy();
  expect(await body).toBe("BAD_REQUEST");
  expect(bodies.bytes).toBe(0);
});

test("a body that is fast enough, and does not end, is refused after its time", async () => {
  bodies = new RequestBodies(() => {}, { ...BOUNDS, BODIES_BYTES: 100_000 });
  const began = performance.now();
  const endless = request();
  const outcome = read(endless);
  for (let ms = 0; ms <= 10_000; ms += 500) {
    endless.write("x".repeat(200));
    await turn();
    bodies.sweep(began + ms + 100);
  }
  expect(await outcome).toBe("BODY_TOO_SLOW");
});
