import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parseEnv } from "#config/env.ts";
import { openPlaces } from "#services/commerce/fraud/steps/places.ts";
import { openFile } from "#services/commerce/fraud/steps/watched-file.ts";
import { eventually } from "#test/support/eventually.ts";

const lines: string[] = [];
const log = Object.fromEntries(
  ["debug", "info", "warn", "error"].map((level) => [level, (line: string) => lines.push(`${level}: ${line}`)]),
) as never;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "fraud-places-"));
});
afterAll(() => rm(dir, { recursive: true }));

test("countries and networks of the databases that come with the service", async () => {
  const places = await openPlaces({ env: parseEnv({}), log });
  expect(["8.8.8.8", "113.160.0.1", "2001:200::"].map(places.countryOf)).toEqual(["US", "VN", "JP"]);
  expect(places.networkOf("52.95.110.1")).toEqual({ kind: "hosting", name: "Amazon.com, Inc." });
  expect(places.networkOf("113.160.0.1")).toBeNull();
  places.close();
});

test("another file of networks is used, whatever network it names", async () => {
  const path = join(dir, "networks.csv");
  await writeFile(path, "203.0.113.0,203.0.113.255,Example VPN\n198.51.100.0,198.51.100.255,Example Telecom\n");
  const places = await openPlaces({ env: parseEnv({ NETWORKS_DATABASE: path }), log });
  expect(places.networkOf("203.0.113.7")).toEqual({ kind: "vpn", name: "Example VPN" });
  expect(places.networkOf("198.51.100.7")).toBeNull();
  expect(places.networkOf("52.95.110.1")).toBeNull();
  places.close();
});

test("a file that is not there, or is no database, stops the start with one line", async () => {
  const missing = openPlaces({ env: parseEnv({ GEOIP_DATABASE: join(dir, "none.mmdb") }), log });
  await expect(missing).rejects.toThrow(/^GEOIP_DATABASE: .*none\.mmdb cannot be read/);
  const path = join(dir, "text.csv");
  await writeFile(path, "hello\n");
  const wrong = openPlaces({ env: parseEnv({ NETWORKS_DATABASE: path }), log });
  await expect(wrong).rejects.toThrow(/^NETWORKS_DATABASE: .*it has no ranges of addresses/);
});

test("a file that changes is read again, and one that cannot be read changes nothing", async () => {
  const path = join(dir, "watched");
  await writeFile(path, "1");
  const parse = (content: Buffer) => {
    const value = Number(content.toString());
    if (Number.isNaN(value)) throw new Error("not a number");
    return value;
  };
  const file = await openFile(path, parse, { watched: true, log, pollMs: 20 });
  const replace = async (content: string) => {
    await writeFile(`${path}.new`, content);
    await rename(`${path}.new`, path);
  };
  await replace("22");
  await eventually(() => expect(file.current).toBe(22));
  await replace("broken");
  await eventually(() => expect(lines.join()).toContain("warn: A file has changed and cannot be read"));
  expect(file.current).toBe(22);
  await replace("4444");
  await eventually(() => expect(file.current).toBe(4444));
  file.close();
});
