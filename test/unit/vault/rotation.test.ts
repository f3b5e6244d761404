import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { rotate } from "#lib/vault/rotation.ts";
import { Vault } from "#lib/vault/vault.ts";
import { KeyIsGone, mainKeys, Tables } from "./vault-model.ts";

const BATCH = 3;

function rotation(vault: Vault, tables: Tables, onProgress: (done: number) => void = () => {}) {
  return rotate({ vault, keys: tables, rows: tables, batchRows: BATCH, onProgress });
}

/** Writes a value as the shop does: again, when a rotation has removed its key. */
async function write(vault: Vault, tables: Tables, id: string): Promise<void> {
  for (;;) {
    try {
      return await tables.insert(id, await vault.encrypt(`token of ${id}`, id));
    } catch (error) {
      if (!(error instanceof KeyIsGone)) throw error;
    }
  }
}

async function expectAllReadable(vault: Vault, tables: Tables, ids: readonly string[]): Promise<void> {
  expect([...tables.rows.keys()].sort()).toEqual([...ids].sort());
  for (const id of ids) expect(await vault.decrypt(tables.rows.get(id)?.value ?? "", id)).toBe(`token of ${id}`);
}

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

test("everything is under the new key, and the earlier ones are gone", async () => {
  const tables = new Tables();
  const vault = new Vault(mainKeys("a"), tables);
  for (const id of ids("m", 10)) await write(vault, tables, id);
  const progress: number[] = [];
  const rotated = await rotation(vault, tables, (done) => progress.push(done));
  expect(rotated).toMatchObject({ renewed: 10, unreadable: [], left: 0, removedKeys: 1 });
  expect(progress).toEqual([3, 6, 9, 10]);
  expect(tables.keys.map(({ keyId }) => keyId)).toEqual([rotated.keyId]);
  await expectAllReadable(vault, tables, ids("m", 10));
});

test("a rotation while values are written and read loses none, in any order of statements", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 1, max: 5 }),
      async (s, old, fresh) => {
        const tables = new Tables(() => s.schedule(Promise.resolve()));
        const keys = mainKeys("a");
        const [node, command] = [new Vault(keys, tables), new Vault(keys, tables)];
        const before = s.waitFor(Promise.all(ids("old", old).map((id) => write(node, tables, id))));
        await before;
        const work = [
          ...ids("new", fresh).map((id) => write(node, tables, id)),
          ...ids("old", old).map(async (id) => {
            const value = tables.rows.get(id)?.value ?? "";
            // The value may be read before the rotation and decrypted after the key was removed; then it is read again.
            const text = await node.decrypt(value, id).catch(() => node.decrypt(tables.rows.get(id)?.value ?? "", id));
            expect(text).toBe(`token of ${id}`);
          }),
        ];
        const rotated = rotation(command, tables);
        await s.waitFor(Promise.all([rotated, ...work]));
        expect((await rotated).unreadable).toEqual([]);
        const check = s.waitFor(
          expectAllReadable(new Vault(keys, tables), tables, [...ids("old", old), ...ids("new", fresh)]),
        );
        await check;
      },
    ),
    { numRuns: 200 },
  );
});

test("an interrupted rotation leaves everything readable, and the next one finishes it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (statements) => {
      let left = Number.POSITIVE_INFINITY;
      const tables = new Tables(async () => {
        if (left-- <= 0) throw new Error("killed");
      });
      const keys = mainKeys("a");
      const vault = new Vault(keys, tables);
      for (const id of ids("m", 8)) await write(vault, tables, id);
      left = statements;
      await rotation(new Vault(keys, tables), tables).catch(() => undefined);
      left = Number.POSITIVE_INFINITY;
      await expectAllReadable(new Vault(keys, tables), tables, ids("m", 8));
      const rotated = await rotation(new Vault(keys, tables), tables);
      expect(tables.keys.map(({ keyId }) => keyId)).toEqual([rotated.keyId]);
      await expectAllReadable(new Vault(keys, tables), tables, ids("m", 8));
    }),
  );
});

test("a value that cannot be decrypted is reported, and keeps its key", async () => {
  const tables = new Tables();
  const vault = new Vault(mainKeys("a"), tables);
  for (const id of ids("m", 5)) await write(vault, tables, id);
  const moved = tables.rows.get("m1");
  if (moved) tables.rows.set("m3", moved);
  const rotated = await rotation(vault, tables);
  expect(rotated).toMatchObject({ renewed: 4, left: 1, removedKeys: 0, unreadable: [{ id: "m3" }] });
  expect(tables.keys).toHaveLength(2);
});
