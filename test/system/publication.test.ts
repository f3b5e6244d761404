import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, Client, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

const START_MS = 60_000;
const READERS = 12;
const ROUNDS = 4;
/** More products than one transaction copies, so that the markers, first and last by their ids, are copied apart. */
const FILLERS = 600;
const ROWS = 300;
const MARKERS = ["marker-a", "marker-z"];

/**
 * Two products that always carry the same number: staff write both in one batch. Whoever sees two numbers in one answer
 * sees a mixture of two versions.
 */
describe.each(MODES)("a shop with drafts, %s", (mode) => {
  let shop: Shop;
  let staff: Client;

  beforeAll(async () => {
    shop = await startShop(mode, { CATALOG_PUBLICATION: "drafts" }, { north: ["services/product"] });
    staff = await staffMember(shop);
    expect((await staff.post("/categories", { slug: "markers", name: "Markers" })).status).toBe(201);
    await write(0);
    await publish();
  }, START_MS);

  afterAll(() => shop?.stop(), START_MS);

  /** Sends a request until it has an answer, as a client would who was told that somebody else is writing. */
  async function insist(path: string, body: object): Promise<Answer> {
    const headers = { "idempotency-key": randomUUID() };
    return eventually(async () => {
      const answer = await staff.post(path, body, headers);
      expect(answer.status).not.toBe(503);
      return answer;
    });
  }
  const product = (slug: string, title: string) => ({ slug, title, variants: [{ sku: slug }] });

  /** Writes the number into all drafts; the markers together. */
  async function write(number: number): Promise<void> {
    const fillers = Array.from({ length: FILLERS }, (_, at) => product(`filler-${at}`, `filler ${number}`));
    const [first = "", last = ""] = MARKERS;
    const categories = ["markers"];
    const markers = [first, last].map((slug) => ({ ...product(slug, `marker ${number}`), categories }));
    for (let from = 0; from < FILLERS; from += ROWS) {
      const products = [...fillers.slice(from, from + ROWS), ...(from === 0 ? markers : [])];
      expect((await insist("/products:batch", { products })).status).toBe(200);
    }
  }

  async function publish(body: object = {}): Promise<number> {
    const answer = await insist("/publications", body);
    expect(answer.status).toBe(201);
    const { version } = answer.body;
    await eventually(async () => {
      const { body: listed } = await staff.get("/publications");
      const mine = listed.publications.find((one: { version: number }) => one.version === version);
      expect(mine.state).not.toMatch(/publishing|scheduled/);
    });
    return version;
  }

  /** The numbers that a reader sees, with changing limits, so that few answers are cached. */
  async function numbers(): Promise<number[]> {
    const answer = await new Client(shop).get(`/products?category=markers&limit=${2 + Math.floor(Math.random() * 90)}`);
    if (answer.status !== 200) return []; // the machine is too busy
    return answer.body.products.map(({ title }: { title: string }) => Number(title.replace("marker ", "")));
  }

  test("never shows a mixture of two versions, whatever is written, published and rolled back meanwhile", async () => {
    const seen = new Set<string>();
    let over = false;
    const reader = async () => {
      while (!over) {
        const found = await numbers();
        if (found.length > 0) seen.add(found.join());
      }
    };
    const readers = Promise.all(Array.from({ length: READERS }, reader));
    let before = 1;
    try {
      for (let round = 1; round <= ROUNDS; round += 1) {
        await write(round);
        // The next drafts are written while this version is prepared, and it is taken back, or another one overtakes it.
        const [version] = await Promise.all([publish(), write(round + 0.5)]);
        if (round % 2 === 0) {
          expect((await insist(`/publications/${before}/rollback`, {})).status).toBe(200);
          await publish({ at: new Date().toISOString() });
        }
        before = version;
      }
    } finally {
      over = true;
      await readers;
    }
    expect(seen.size).toBeGreaterThan(1);
    expect([...seen].filter((pair) => new Set(pair.split(",")).size !== 1 || pair.split(",").length !== 2)).toEqual([]);
  }, 120_000);

  test("shows what is published to the next reader on every node, and a rollback is quick", async () => {
    await write(100);
    const version = await publish();
    await write(101);
    await publish();
    for (const [of, number] of [
      [version, 100],
      [version + 1, 101],
      [version, 100],
    ] as const) {
      const began = performance.now();
      expect((await insist(`/publications/${of}/rollback`, {})).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(1_000);
      for (let read = 0; read < 6; read += 1)
        await eventually(async () => expect(await numbers()).toEqual([number, number]));
    }
  }, 60_000);

  test("shows staff the draft, and never keeps it for others", async () => {
    await write(200);
    const path = "/products?slug=marker-a&draft=true";
    expect((await staff.get(path)).body.products).toMatchObject([{ title: "marker 200" }]);
    expect((await new Client(shop).get(path)).status).toBe(401);
    expect((await new Client(shop).get("/products?slug=marker-a")).body.products).toMatchObject([
      { title: "marker 100" },
    ]);
  });
});

test("a kill in the middle of a publication leaves the version before, whole, until it is complete", async () => {
  const FAILPOINT = "catalog.publish.after-commit:kill"; // a part of the version is copied, and nobody waits for the rest
  const shop = await startShop("one process", { CATALOG_PUBLICATION: "drafts" });
  try {
    const staff = await staffMember(shop);
    const headers = { "idempotency-key": "publication-1" };
    const add = async (from: number) => {
      const products = Array.from({ length: ROWS }, (_, at) => {
        const slug = `killed-${from + at}`;
        return { slug, title: "Killed", variants: [{ sku: slug }] };
      });
      return (await staff.post("/products:batch", { products })).status;
    };
    expect([await add(0), await add(ROWS), await add(2 * ROWS)]).toEqual([200, 200, 200]);
    const node = shop.node("shop");
    await node.end("SIGTERM");
    node.start({ FAILPOINT });
    await shop.ready();
    await staff.post("/publications", {}, headers).catch(() => undefined);
    await node.exit();
    node.start();
    await shop.ready();
    const guest = new Client(shop);
    await eventually(async () => {
      const { total } = (await guest.get(`/products?q=killed&limit=${2 + Math.floor(Math.random() * 90)}`)).body
        .pagination;
      if (total !== 3 * ROWS) expect(total).toBe(0); // not a part of it, at any moment
      expect(total).toBe(3 * ROWS);
    });
    const again = await staff.post("/publications", {}, headers); // the same request, as a client would send it again
    expect(again).toMatchObject({ status: 201, body: { version: 2, changes: 3 * ROWS } });
    expect((await staff.get("/publications")).body.publications).toHaveLength(2);
  } finally {
    await shop.stop();
  }
}, 120_000);
