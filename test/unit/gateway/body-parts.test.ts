import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BodyParts, partsType } from "#services/platform/gateway/rest/body-parts.ts";

const EXAMPLE = { type: "text/csv", text: "" };
type Request = PassThrough & IncomingMessage;

function request(headers: Record<string, string> = {}): Request {
  return Object.assign(new PassThrough(), { headers }) as unknown as Request;
}

async function allOf(parts: BodyParts): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const { bytes, isLast } = await parts.next();
    all.push(bytes.toString());
    if (isLast) return all;
  }
}

const Line = fc.stringMatching(/^[a-z]{0,9}$/);

test("parts are the body, none is too long, and with lines all but the last end at the end of one", async () => {
  const cases = fc.record({
    lines: fc.array(Line, { maxLength: 30 }),
    cuts: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 20 }),
    byLine: fc.boolean(),
    eager: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ lines, cuts, byLine, eager }) => {
      const body = lines.join("\n");
      const req = request();
      const options = { ...(byLine ? { lines: true as const } : {}), ...(eager ? { eager: true as const } : {}) };
      const parts = new BodyParts(req, { types: ["text/csv"], partBytes: 16, example: EXAMPLE, ...options });
      const reading = allOf(parts);
      let at = 0;
      for (const cut of [...cuts, body.length]) {
        if (at < body.length) req.write(body.slice(at, at + cut));
        at += cut;
        await turn();
      }
      req.end();
      const all = await reading;
      expect(all.join("")).toBe(body);
      expect(all.every((part) => part.length <= 16)).toBe(true);
      expect(all.slice(0, -1).every((part) => part.length > 0 && (!byLine || part.endsWith("\n")))).toBe(true);
    }),
  );
});

test("reads at most a part ahead while a part is in use", async () => {
  const req = request();
  const parts = new BodyParts(req, { types: ["text/csv"], partBytes: 1_000, example: EXAMPLE });
  for (let i = 0; i < 10; i++) req.write("x".repeat(500));
  await turn();
  expect((await parts.next()).bytes).toHaveLength(1_000);
  await turn();
  expect(req.isPaused()).toBe(true);
  expect(req.readableLength).toBeGreaterThanOrEqual(2_000);
});

test("holds the bytes that have arrived, but not the chunks in which they came", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const req = request();
  const parts = new BodyParts(req, { types: ["text/csv"], partBytes: 1_000, example: EXAMPLE });
  const chunks: WeakRef<ArrayBufferLike>[] = [];
  for (let i = 0; i < 100; i++) {
    const chunk = Buffer.alloc(100_000, "x").subarray(0, 1);
    chunks.push(new WeakRef(chunk.buffer));
    req.write(chunk);
    await turn();
  }
  collect();
  expect(chunks.filter((chunk) => chunk.deref()).length).toBeLessThan(10);
  req.end();
  expect((await parts.next()).bytes.toString()).toBe("x".repeat(100));
});

test("a part stays as it is when more arrives", async () => {
  const req = request();
  const parts = new BodyParts(req, { types: ["text/csv"], partBytes: 8, example: EXAMPLE });
  for (const chunk of ["abc", "def", "ghi"]) req.write(chunk);
  const { bytes } = await parts.next();
  req.end("jklmno");
  const { bytes: rest } = await parts.next();
  expect([bytes.toString(), rest.toString()]).toEqual(["abcdefgh", "ijklmno"]);
});

test("refuses what is too long, what ends early, what stays silent, and a line that fits into no part", async () => {
  const codeOf = (parts: BodyParts) =>
    parts.next().then(
      () => "a part",
      (error: { type: string }) => error.type,
    );
  const contract = { types: ["text/csv"], bytes: 50, partBytes: 20, lines: true as const, example: EXAMPLE };
  expect(await codeOf(new BodyParts(request({ "content-length": "51" }), contract))).toBe("BODY_TOO_LARGE");
  const long = request();
  const tooLong = codeOf(new BodyParts(long, { ...contract, partBytes: 100 }));
  long.write("x".repeat(51));
  expect(await tooLong).toBe("BODY_TOO_LARGE");
  const line = request();
  const noPart = codeOf(new BodyParts(line, contract));
  line.write("x".repeat(21));
  expect(await noPart).toBe("BODY_TOO_LARGE");
  const gone = request();
  const early = codeOf(new BodyParts(gone, contract));
  gone.destroy();
  expect(await early).toBe("BAD_REQUEST");
  expect(await codeOf(new BodyParts(request(), contract, 10))).toBe("BODY_TOO_SLOW");
});

test("the type of a body is one of those allowed", () => {
  const contract = { types: ["text/csv", "image/*"], partBytes: 20, example: EXAMPLE };
  const typeOf = (type: string, encoding?: string) =>
    partsType(request({ "content-type": type, ...(encoding ? { "content-encoding": encoding } : {}) }), contract);
  expect(typeOf("Text/CSV; charset=utf-8")).toBe("text/csv");
  expect(typeOf("image/png")).toBe("image/png");
  expect(() => typeOf("application/json")).toThrow("Send text/csv or image/*.");
  expect(() => typeOf("image/png", "gzip")).toThrow("Compressed");
});
