import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { configuredMainKeys } from "#lib/vault/configured-main-keys.ts";

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "vault-keys-"));
});
afterAll(() => rm(dir, { recursive: true }));

const key = () => randomBytes(32).toString("base64");
const configured = (settings: { VAULT_KEYS?: string; VAULT_KEYS_FILE?: string }, production = true, dataDir = dir) =>
  configuredMainKeys({ DATA_DIR: dataDir, production, ...settings } as Parameters<typeof configuredMainKeys>[0]);

test("the first key of VAULT_KEYS is in use, and the others unwrap", async () => {
  const [one, two] = [`one:${key()}`, `two-2:${key()}`];
  const before = await configured({ VAULT_KEYS: one });
  const after = await configured({ VAULT_KEYS: `${two}, ${one}` });
  const dataKey = randomBytes(32);
  const wrapped = await before?.wrap(dataKey, "id");
  if (!wrapped) throw new Error("There are no keys.");
  expect(wrapped.mainKeyId).toBe("one");
  expect(await after?.unwrap(wrapped, "id")).toEqual(dataKey);
  expect(after?.current()).toBe("two-2");
  await expect(after?.unwrap(wrapped, "another id")).rejects.toMatchObject({ fault: "wrongMainKey" });
});

test("a file has a key a line, and may have comments", async () => {
  const file = join(dir, "keys");
  await writeFile(file, `# since March\nnew:${key()}\n\nold:${key()}\n`);
  expect((await configured({ VAULT_KEYS_FILE: file }))?.current()).toBe("new");
});

test.each([
  ["a key that is too short", { VAULT_KEYS: `good:${key()},bad:c2hvcnQ=` }, /^VAULT_KEYS: key 2 is not/],
  ["a key without a name", { VAULT_KEYS: key() }, /^VAULT_KEYS: key 1 is not/],
  ["two keys of one name", { VAULT_KEYS: `a:${key()},a:${key()}` }, /two keys with the name a/],
  ["no key", { VAULT_KEYS: " , " }, /has no key/],
  ["a file that does not exist", { VAULT_KEYS_FILE: "/nowhere/keys" }, /cannot be read \(ENOENT\)/],
  ["both settings", { VAULT_KEYS: `a:${key()}`, VAULT_KEYS_FILE: "keys" }, /both set/],
])("refuses %s with one line that has no key in it", async (_, settings, message) => {
  const error = await configured(settings).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "StartupError", message: expect.stringMatching(message) });
  for (const text of Object.values(settings).join().split(/[:,]/)) {
    if (text.length > 6 && !text.startsWith("/")) expect((error as Error).message).not.toContain(text);
  }
});

test("in production no key is made up", async () => {
  expect(await configured({})).toBeUndefined();
  expect(await readdir(dir)).not.toContain("vault-keys");
});

test("in development one key is made when it is needed, the same for all processes, and only its user can read it", async () => {
  const folder = join(dir, "data");
  const nodes = await Promise.all(Array.from({ length: 5 }, () => configured({}, false, folder)));
  await expect(readdir(folder)).rejects.toMatchObject({ code: "ENOENT" });
  const dataKey = randomBytes(32);
  const wrapped = await Promise.all(nodes.map((node) => node?.wrap(dataKey, "id")));
  for (const node of [...nodes, await configured({}, false, folder)]) {
    for (const key of wrapped) expect(key && (await node?.unwrap(key, "id"))).toEqual(dataKey);
  }
  expect(await readdir(folder)).toEqual(["vault-keys"]);
  expect((await stat(join(folder, "vault-keys"))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(folder, "vault-keys"), "utf8")).toMatch(/^development:/);
});
