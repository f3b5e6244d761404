import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parseEnv } from "#config/env.ts";
import { configuredMainKeys } from "#lib/vault/configured-main-keys.ts";
import type { MainKeys } from "#lib/vault/main-keys.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { withDatabase } from "#tools/service-database.ts";
import { faultsOf, rotateEncrypted, savedMethods } from "#tools/vault/rotate-encrypted.ts";
import { customer } from "./payments-harness.ts";
import {
  newCustomerId,
  newMainKey,
  placed,
  type SavedMethodsHarness,
  savedMethod,
  savedMethodsHarness,
} from "./saved-methods-fixture.ts";

let folder: string;
const running = new Set<SavedMethodsHarness>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vault-"));
});
afterAll(async () => {
  await Promise.all([...running].map((harness) => harness.stop()));
  await rm(folder, { recursive: true });
});

async function start(databaseUrl: string, settings: Record<string, string>): Promise<SavedMethodsHarness> {
  const harness = await savedMethodsHarness({ databaseUrl, settings: { DATA_DIR: folder, ...settings } });
  running.add(harness);
  return harness;
}

async function stop(harness: SavedMethodsHarness): Promise<void> {
  running.delete(harness);
  await harness.stop();
}

async function mainKeysOf(keys: string): Promise<MainKeys> {
  const mainKeys = await configuredMainKeys(parseEnv({ VAULT_KEYS: keys }));
  if (!mainKeys) throw new Error("There are no main keys.");
  return mainKeys;
}

/** Runs the command's rotation on a connection of its own, as the command does. */
const rotated = async (databaseUrl: string, keys: string, lines: string[] = []) => {
  const mainKeys = await mainKeysOf(keys);
  return withDatabase({ database: databaseUrl }, (db) =>
    rotateEncrypted(savedMethods, db, mainKeys, (line) => lines.push(line)),
  );
};

const dataKeys = ({ db }: SavedMethodsHarness) =>
  db.query<{ key_id: string; main_key_id: string }>("SELECT key_id, main_key_id FROM data_key ORDER BY number");

test("production without a main key starts, takes payments, and says that it saves no methods", async () => {
  const database = await freshDatabase("vault");
  const harness = await start(database, { NODE_ENV: "production" });
  const customerId = newCustomerId();
  await expect(harness.setUp(customerId)).rejects.toMatchObject({ type: "SAVED_METHODS_UNAVAILABLE", code: 503 });
  expect(harness.asked.get("setUp")).toBeUndefined();
  expect(await harness.db.query("SELECT FROM method_setup")).toEqual([]);
  expect(await harness.list(customerId)).toEqual([]);
  const order = await placed(harness, customerId, "pm_card_visa");
  await harness.awaitEvents(order, "PaymentAuthorized");
  await stop(harness);
});

test.each([
  ["is missing", (_: string) => ({ VAULT_KEYS: newMainKey("other") })],
  ["is another one of the same name", (name: string) => ({ VAULT_KEYS: newMainKey(name) })],
  ["is not configured any more", (_: string) => ({ NODE_ENV: "production" })],
])("when the main key %s, methods are shown, payments wait, and go on with the right key", async (_, wrong) => {
  const database = await freshDatabase("vault");
  const right = { VAULT_KEYS: newMainKey("main") };
  const before = await start(database, right);
  const customerId = newCustomerId();
  const method = await savedMethod(before, customerId);
  await stop(before);

  const without = await start(database, wrong("main"));
  expect(await without.list(customerId)).toMatchObject([{ paymentMethodId: method }]);
  for (const refused of [without.remove(customerId, method), without.setUp(customerId)]) {
    await expect(refused).rejects.toMatchObject({ type: "SAVED_METHODS_UNAVAILABLE" });
  }
  const order = await placed(without, customerId, method);
  await eventually(async () => {
    const [operation] = await without.db.query<{ last_error: string }>("SELECT last_error FROM operation");
    expect(operation?.last_error).toMatch(/^test was not asked: the saved method cannot be decrypted: .*main key/i);
  });
  expect(await without.charges(order)).toEqual([]);
  expect(await without.call("payments.listMethods", { customerId }, customer(customerId))).toBeDefined();
  await stop(without);

  const after = await start(database, right);
  await after.awaitEvents(order, "PaymentAuthorized");
  await stop(after);
});

test("in development a key is made in the data folder, and found there by the next start", async () => {
  const database = await freshDatabase("vault");
  const [first, customerId] = [await start(database, {}), newCustomerId()];
  const method = await savedMethod(first, customerId);
  await stop(first);
  const second = await start(database, {});
  const order = await placed(second, customerId, method);
  await second.awaitEvents(order, "PaymentAuthorized");
  expect(await dataKeys(second)).toMatchObject([{ main_key_id: "development" }]);
  await stop(second);
});

test("a rotation to a new main key while customers save and pay loses nothing, and removes the old data keys", async () => {
  const database = await freshDatabase("vault");
  const [old, fresh] = [newMainKey("old"), newMainKey("fresh")];
  const harness = await start(database, { VAULT_KEYS: `${fresh},${old}` });
  // Written under the old main key, before the new one was configured.
  const [customers, later] = [0, 1].map(() => Array.from({ length: 20 }, newCustomerId)) as [string[], string[]];
  await rotated(database, old);
  const saved = await Promise.all(customers.map((id) => savedMethod(harness, id)));
  const [{ key_id: oldKey } = { key_id: "" }] = await dataKeys(harness);

  const lines: string[] = [];
  let isOver = false;
  const rotation = rotated(database, `${fresh},${old}`, lines).finally(() => {
    isOver = true;
  });
  const written: string[] = [];
  for (const id of later) written.push(await savedMethod(harness, id));
  const orders = await Promise.all(customers.map((id, at) => placed(harness, id, saved[at] ?? "")));
  const result = await rotation;
  expect(isOver).toBe(true);
  expect(result.unreadable).toEqual([]);
  expect(faultsOf(await rotated(database, `${fresh},${old}`))).toEqual([]);
  expect(lines[0]).toMatch(/under a new data key of the main key fresh/);
  const keys = await dataKeys(harness);
  expect(keys).toHaveLength(1);
  expect(keys).toMatchObject([{ main_key_id: "fresh" }]);
  expect(keys[0]?.key_id).not.toBe(oldKey);
  for (const order of orders) await harness.awaitEvents(order, "PaymentAuthorized");
  await stop(harness);

  const without = await start(database, { VAULT_KEYS: fresh });
  const again = await Promise.all(
    [...customers, ...later].map((id, at) => placed(without, id, [...saved, ...written][at] ?? "")),
  );
  for (const order of again) await without.awaitEvents(order, "PaymentAuthorized");
  await stop(without);
});

test("a method is saved although a rotation removes its data key at this moment", async () => {
  const database = await freshDatabase("vault");
  const keys = newMainKey("main");
  const harness = await start(database, { VAULT_KEYS: keys });
  const customerId = newCustomerId();
  const { setupId } = await harness.setUp(customerId);
  const encrypt = harness.deps.vault.encrypt.bind(harness.deps.vault);
  let rotations = 0;
  harness.deps.vault.encrypt = async (...asked) => {
    const sealed = await encrypt(...asked);
    if (rotations++ === 0) await rotated(database, keys);
    return sealed;
  };
  await harness.tell(`test_seti_${setupId}`);
  expect(rotations).toBe(2);
  expect(await harness.list(customerId)).toHaveLength(1);
  await stop(harness);
});

test("two rotations at once are refused, and what cannot be decrypted is reported", async () => {
  const database = await freshDatabase("vault");
  const keys = newMainKey("main");
  const harness = await start(database, { VAULT_KEYS: keys });
  const [customerId, other] = [newCustomerId(), newCustomerId()];
  const [method] = [await savedMethod(harness, customerId), await savedMethod(harness, other)];
  await harness.db.query("UPDATE saved_method SET last4 = '0000', token = token || 'A' WHERE payment_method_id = $1", [
    method,
  ]);
  const mainKeys = await mainKeysOf(keys);
  await withDatabase({ database }, async (db) => {
    const rotation = await rotateEncrypted(savedMethods, db, mainKeys, () => {});
    await expect(rotated(database, keys)).rejects.toThrow("Another rotation is under way.");
    expect(faultsOf(rotation)).toEqual([
      expect.stringMatching(`^${method} stays as it is: An encrypted value was changed`),
    ]);
  });
  expect(await dataKeys(harness)).toHaveLength(2);
  await stop(harness);
});
