import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { hashesAtOnce } from "#services/identity/auth/domain/password.ts";
import { PasswordHashes } from "#services/identity/auth/steps/passwords.ts";

const HASHES = 12;

test("passwords leave two threads of the pool to others, and are no more at once than there are cores", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 1_024 }), (cores, threads) => {
      const atOnce = hashesAtOnce(cores, threads);
      expect(atOnce).toBeGreaterThanOrEqual(1);
      expect(atOnce).toBeLessThanOrEqual(cores);
      if (threads > 2) expect(atOnce).toBeLessThanOrEqual(threads - 2);
    }),
  );
  expect(hashesAtOnce(1, 4)).toBe(1);
  expect(hashesAtOnce(2, 4)).toBe(2);
  expect(hashesAtOnce(16, 4)).toBe(2);
  expect(hashesAtOnce(16, 18)).toBe(16);
});

test("work of the same pool waits for no more than the passwords that are being hashed", async () => {
  const passwords = new PasswordHashes(hashesAtOnce(2, 4));
  let hashed = 0;
  const hashes = Array.from({ length: HASHES }, async (_, n) => {
    await passwords.make(`password number ${n}`);
    hashed += 1;
  });
  for (let reads = 0; reads < 3; reads++) {
    const before = hashed;
    await readFile(import.meta.filename);
    expect(hashed - before).toBeLessThanOrEqual(4);
  }
  expect(hashed).toBeLessThan(HASHES);
  await Promise.all(hashes);
  expect(hashed).toBe(HASHES);
});

test("the event loop turns while passwords are hashed", async () => {
  const passwords = new PasswordHashes(1);
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  await Promise.all(["one", "two", "three"].map((password) => passwords.make(password)));
  clearInterval(turning);
  expect(turns).toBeGreaterThan(3); // hashing in the loop itself would leave one turn to each
});

test("a password is verified against its own hash only", async () => {
  const passwords = new PasswordHashes(1);
  const made = await passwords.make("caf\u00e9 au lait");
  expect(await passwords.verify(made, "cafe\u0301 au lait")).toBe(true);
  expect(await passwords.verify(made, "cafe au lait")).toBe(false);
});
