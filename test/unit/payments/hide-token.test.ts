import { expect, test } from "@jest/globals";
import { NotAsked, SpentKey } from "#services/commerce/payments/providers/provider.ts";
import { hidingToken } from "#services/commerce/payments/steps/hide-token.ts";

test("an answer has the token nowhere", async () => {
  const answer = {
    kind: "declined",
    decline: { code: "x", message: "No such method: pm_1; pm_1" },
    list: ["pm_1", 3, null],
  };
  expect(await hidingToken("pm_1", async () => answer)).toEqual({
    kind: "declined",
    decline: { code: "x", message: "No such method: [token]; [token]" },
    list: ["[token]", 3, null],
  });
});

test.each([new SpentKey("pm_1 again"), new NotAsked("test", "pm_1"), new TypeError("pm_1")])(
  "an error has the token neither in its message nor in its stack, and stays what it was",
  async (error) => {
    const thrown = await hidingToken("pm_1", () => Promise.reject(error)).catch((caught: unknown) => caught as Error);
    expect(thrown).toBe(error);
    expect(`${error.message} ${error.stack} ${String(error)}`).not.toContain("pm_1");
    expect(error.message).toContain("[token]");
  },
);

test("what is thrown and is no error is hidden as well", async () => {
  await expect(hidingToken("pm_1", () => Promise.reject("pm_1"))).rejects.toThrow("[token]");
});
