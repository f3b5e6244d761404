import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { newCustomer, newGoods, orderOf, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { freePort, Shop, ShopNode } from "#test/support/shop.ts";

const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tradepost-start-"));
});

// The Postgres of the last node may still be ending when its folder is removed.
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 20 }));

const shops: Shop[] = [];

// The tests share a data folder, so the shop of one that has failed must not run during the next one.
afterEach(async () => {
  await Promise.all(shops.splice(0).map((shop) => shop.stop()));
});

function shopOf(port: string, node: ShopNode): Shop {
  const shop = new Shop(`http://127.0.0.1:${port}`, [node]);
  shops.push(shop);
  return shop;
}

/** The shop as `npm start` runs it: nothing but a port and a data folder. */
async function embedded(extra: Record<string, string> = {}): Promise<Shop> {
  const port = await freePort();
  const defaults = { NODE_ENV: "development", LOG_LEVEL: "info" }; // instead of those of `ShopNode`
  const env = { ...defaults, PORT: String(port), DATA_DIR: join(folder, "data"), ...extra };
  return shopOf(env.PORT, new ShopNode("shop", ["services"], env));
}

describe("npm start on an embedded default", () => {
  test("sells, says how, and remembers after a restart and after a kill", async () => {
    const shop = await embedded();
    const node = shop.node("shop");
    node.start();
    await shop.ready();
    const staff = await staffMember(shop);
    const buyer = await newCustomer(shop);
    const goods = await newGoods(staff, 3);
    const { body } = await buyer.post("/orders", orderOf(buyer, goods), { prefer: "wait=10" });
    expect(body.status).toBe("paid");
    const curl = /(curl -s [\s\S]*?)\n\n/.exec(`${node.output}\n\n`)?.[1] ?? "";
    const bought = await new Promise<string>((resolve, reject) =>
      execFile("bash", ["-c", curl], (error, stdout) => (error ? reject(error) : resolve(stdout))),
    );
    expect(JSON.parse(bought)).toMatchObject({ status: "paid" });
    const tour = await new Promise<string>((resolve, reject) =>
      execFile("bash", ["-c", tourOf(README, shop.url)], { timeout: 20_000 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      ),
    );
    expect(JSON.parse(tour.slice(tour.lastIndexOf('{"orderId":')))).toMatchObject({
      status: "cancelled",
      paymentStatus: "refunded",
      payment: { status: "refunded", capturedAmount: 29, refundedAmount: 29 },
    });

    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await node.end(signal);
      node.start();
      await shop.ready();
      expect((await buyer.get(`/orders/${body.orderId}`)).body).toMatchObject({ status: "paid" });
    }
  }, 90_000);

  test("with the REPL, as npm run dev starts it, runs on when the REPL is left", async () => {
    const port = await freePort();
    const env = { PORT: String(port), DATA_DIR: join(folder, "data"), LOG_LEVEL: "info" };
    const shop = shopOf(env.PORT, new ShopNode("shop", ["--repl", "services"], env));
    const node = shop.node("shop");
    node.start();
    await shop.ready();
    node.endInput();
    await eventually(async () => expect(node.output).toContain("The REPL is closed, and the shop runs on."));
    expect((await fetch(`${shop.url}/health/ready`)).status).toBe(200);
  }, 60_000);

  test("a port in use is one clear line and exit code 1", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "0.0.0.0", resolve));
    const { port } = taken.address() as { port: number };
    const node = (await embedded({ PORT: String(port) })).node("shop");
    node.start();
    expect(await node.exit()).toBe(1);
    expect(complaint(node)).toEqual([expect.stringContaining(`${port}`)]);
    taken.close();
  }, 60_000);

  test("a data folder that cannot be written is one clear line and exit code 1", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const node = (await embedded({ DATA_DIR: join(file, "data") })).node("shop");
    node.start();
    expect(await node.exit()).toBe(1);
    expect(complaint(node)).toEqual([expect.stringContaining(file)]);
  }, 60_000);

  test("a Postgres that does not answer is one clear line and exit code 1", async () => {
    const node = (await embedded({ DATABASE_URL: `postgres://postgres@127.0.0.1:${await freePort()}/postgres` })).node(
      "shop",
    );
    node.start();
    expect(await node.exit()).toBe(1);
    expect(complaint(node)).toEqual([expect.stringContaining("Postgres does not answer")]);
  }, 60_000);

  test("a setting that makes no sense is one clear line and exit code 1", async () => {
    const node = (await embedded({ RATE_LIMIT: "maybe" })).node("shop");
    node.start();
    expect(await node.exit()).toBe(1);
    expect(complaint(node)).toEqual([expect.stringContaining("RATE_LIMIT")]);
  }, 60_000);

  test.each([
    ["VAULT_KEYS", "main:c2VjcmV0", "VAULT_KEYS: key 1 is not a name, a colon and 32 bytes in base64."],
    ["PAYMENT_ROUTES", "stripe", "PAYMENT_ROUTES: must be JSON"],
  ])(
    "%s that cannot be read is one clear line and exit code 1, and is not shown",
    async (name, value, line) => {
      const node = (await embedded({ [name]: value })).node("shop");
      node.start();
      expect(await node.exit()).toBe(1);
      expect(complaint(node)).toEqual([line]);
    },
    60_000,
  );

  test("production without its secret does not start, and names it", async () => {
    const node = (await embedded({ NODE_ENV: "production" })).node("shop");
    node.start();
    expect(await node.exit()).toBe(1);
    expect(node.output).toContain("JWT_PRIVATE_KEY");
  }, 60_000);
});

/** The commands of the tour, as a reader copies them, for this shop. Each begins with `$ `; its next lines are indented. */
function tourOf(readme: string, url: string): string {
  const block = /```console\n(\$ shop=[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const commands = [...block.matchAll(/^\$ (.*(?:\n {4}.*)*)/gm)].map(([, command]) => command);
  return commands.join("\n").replace("http://localhost:3000", url);
}

/** What the node said of its failure, log lines left out. */
function complaint(node: ShopNode): string[] {
  return node.output.split("\n").filter((line) => line.trim() !== "" && !/^\[\d\d:\d\d:\d\d/.test(line));
}
