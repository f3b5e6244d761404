import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { LocalMainKeys, type MainKeys } from "#lib/vault/main-keys.ts";
import { Vault } from "#lib/vault/vault.ts";
import { mainKeys, Tables } from "./vault-model.ts";

const newVault = () => new Vault(mainKeys("a"), new Tables());

test("what was encrypted is decrypted, and never written the same way twice", async () => {
  const vault = newVault();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), fc.string(), async (text, row) => {
      const [first, second] = [await vault.encrypt(text, row), await vault.encrypt(text, row)];
      expect(await vault.decrypt(first.value, row)).toBe(text);
      expect(first.value).not.toBe(second.value);
      expect(first.value.startsWith(`${first.keyId}.`)).toBe(true);
    }),
  );
});

test("a value with any changed, added or missing character is refused", async () => {
  const vault = newVault();
  const { value } = await vault.encrypt("pm_secret", "row");
  const digits = [..."ABab01-_.=+/ é"];
  for (let at = 0; at <= value.length; at++) {
    const shorter = value.slice(0, at) + value.slice(at + 1);
    const changed = digits.flatMap((digit) => [
      value.slice(0, at) + digit + value.slice(at + 1),
      value.slice(0, at) + digit + value.slice(at),
    ]);
    for (const wrong of [shorter, ...changed].filter((text) => text !== value)) {
      await expect(vault.decrypt(wrong, "row")).rejects.toMatchObject({
        name: "VaultError",
        fault: expect.stringMatching(/notGenuine|unknownDataKey/),
      });
    }
  }
});

test("any value that the vault has not made is refused", async () => {
  const vault = newVault();
  await vault.prepare();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.array(fc.base64String()).map((parts) => parts.join(".")),
      ),
      (text) => expect(vault.decrypt(text, "row")).rejects.toMatchObject({ name: "VaultError" }),
    ),
  );
});

test("a value is refused in another row", async () => {
  const vault = newVault();
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (row, other) => {
      fc.pre(row !== other);
      const { value } = await vault.encrypt("pm_secret", row);
      await expect(vault.decrypt(value, other)).rejects.toMatchObject({ fault: "notGenuine" });
    }),
  );
});

test("values under earlier data keys and main keys stay readable, also in another process", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("write", "renew", "restart", "main"), { maxLength: 30 }),
      async (steps) => {
        const tables = new Tables();
        const bytes = (name: number) => [`k${name}`, Buffer.alloc(32, name + 1)] as const;
        let names = [0];
        const open = () => {
          const [first, ...others] = names.map(bytes);
          return new Vault(new LocalMainKeys([first as [string, Buffer], ...others]), tables);
        };
        let vault = open();
        const written: string[] = [];
        for (const step of steps) {
          if (step === "main") names = [names.length, ...names];
          if (step === "renew") await vault.renew();
          else if (step === "write") written.push((await vault.encrypt(`text ${written.length}`, "row")).value);
          else vault = open();
        }
        for (const [at, value] of written.entries()) expect(await vault.decrypt(value, "row")).toBe(`text ${at}`);
      },
    ),
    { numRuns: 50 },
  );
});

test("without a main key, with another one of its name, and without its name, it says which is missing", async () => {
  const tables = new Tables();
  const { value } = await new Vault(mainKeys("a"), tables).encrypt("pm_secret", "row");
  const cases: [MainKeys | undefined, string, RegExp][] = [
    [undefined, "noMainKey", /no main key/i],
    [mainKeys("a"), "wrongMainKey", /main key a /],
    [mainKeys("b"), "unknownMainKey", /main key a /],
    [{ ...mainKeys("a"), current: () => "a", wrap: fails, unwrap: fails } as MainKeys, "mainKeysAway", /KMS is down/],
  ];
  for (const [keys, fault, message] of cases) {
    const vault = new Vault(keys, tables);
    await expect(vault.decrypt(value, "row")).rejects.toMatchObject({ fault, message: expect.stringMatching(message) });
    await expect(vault.prepare()).rejects.toMatchObject({ fault });
    await expect(vault.encrypt("other", "row")).rejects.toMatchObject({ fault });
  }
});

const fails = () => Promise.reject(new Error("The KMS is down."));

test("main keys do not show in a log", () => {
  const secret = Buffer.alloc(32, "s");
  const shown = inspect(new LocalMainKeys([["a", secret]]), { depth: 10, showHidden: true });
  expect(shown).not.toContain(secret.toString("base64"));
  expect(shown).not.toContain(secret.toString("hex").slice(0, 8));
  expect(shown).not.toContain("73 73 73");
});
