import { describe, expect, jest, test } from "@jest/globals";
import { FailPoints, failPointsOf } from "#lib/fault-injection/fail-points.ts";

const KNOWN = ["shop.sell.before-commit", "shop.sell.after-commit", "shop.Sold.before-publish"];
const PENDING = Symbol("pending");

const points = (setting: string, kill?: () => void) => new FailPoints(setting, KNOWN, kill);
const soon = (promise: Promise<unknown>) =>
  Promise.race([promise, new Promise((resolve) => setImmediate(resolve, PENDING))]);

describe("a fail point", () => {
  test("that is not armed does nothing", async () => {
    await points("shop.sell.after-commit:throw").reach("before-commit", "shop.sell");
  });

  test("throws an error that names it", async () => {
    const armed = points("shop.sell.after-commit:throw, shop.sell.before-commit:throw");
    const reached = armed.reach("before-commit", "shop.sell");
    await expect(reached).rejects.toThrow("The fail point shop.sell.before-commit was reached.");
  });

  test("hangs without end", async () => {
    expect(await soon(points("shop.sell.before-commit:hang").reach("before-commit", "shop.sell"))).toBe(PENDING);
  });

  test("kills, and nothing after it runs", async () => {
    const kill = jest.fn();
    expect(await soon(points("shop.sell.before-commit:kill", kill).reach("before-commit", "shop.sell"))).toBe(PENDING);
    expect(kill).toHaveBeenCalledTimes(1);
  });

  test("fails as often as the setting says, and every time without a number", async () => {
    const armed = points("shop.sell.before-commit:throw*2,shop.sell.after-commit:throw");
    const fates = async (boundary: "before-commit" | "after-commit") =>
      Promise.all(
        Array.from({ length: 4 }, () =>
          armed.reach(boundary, "shop.sell").then(
            () => "passed",
            () => "failed",
          ),
        ),
      );
    expect(await fates("before-commit")).toEqual(["failed", "failed", "passed", "passed"]);
    expect(await fates("after-commit")).toEqual(["failed", "failed", "failed", "failed"]);
  });

  test("of one event fires for a batch that has it among others", async () => {
    const armed = new FailPoints("shop.Paid.before-ack:throw", ["shop.Paid.before-ack", "shop.Sold.before-ack"]);
    await armed.reach("before-ack", new Set(["shop.Sold"]));
    await expect(armed.reach("before-ack", new Set(["shop.Sold", "shop.Paid"]))).rejects.toThrow("shop.Paid");
  });

  test("that is not in the list is an error when it is reached, so that the list stays complete", async () => {
    const armed = points("shop.sell.before-commit:throw");
    await expect(armed.reach("before-commit", "shop.lend")).rejects.toThrow("no service lists it");
  });
});

test.each([
  ["shop.lend.before-commit:throw", "FAILPOINT: there is no shop.lend.before-commit;"],
  ["shop.sell.before-commit:throw,shop.sell:kill", "FAILPOINT: there is no shop.sell;"],
  ["shop.sell.before-commit", '"shop.sell.before-commit" is not name:kill'],
  ["shop.sell.before-commit:explode", '"shop.sell.before-commit:explode" is not name:kill'],
  ["shop.sell.before-commit:kill*0", '"shop.sell.before-commit:kill*0" is not name:kill'],
  ["shop.sell.before-commit:kill*many", '"shop.sell.before-commit:kill*many" is not name:kill'],
  ["shop.sell.before-commit:kill,", '"" is not name:kill'],
])("FAILPOINT=%s is refused", (setting, message) => {
  expect(() => points(setting)).toThrow(message);
});

test("the fail points of a service follow from its fault boundaries", () => {
  const nothing = { publishes: [], consumes: [], commits: [], asks: [], jobs: [] };
  expect(failPointsOf("shop", nothing)).toEqual([]);
  expect(
    failPointsOf("shop", {
      publishes: ["shop.Sold"],
      consumes: ["bank.Paid"],
      commits: ["shop.sell"],
      asks: ["shop.weigh"],
      jobs: ["shop.sweep"],
    }),
  ).toEqual([
    "shop.Sold.before-publish",
    "shop.Sold.after-publish",
    "shop.Paid.before-inbox",
    "shop.Paid.after-inbox",
    "shop.Paid.before-commit",
    "shop.Paid.after-commit",
    "shop.Paid.before-ack",
    "shop.Paid.after-ack",
    "shop.sell.before-commit",
    "shop.sell.after-commit",
    "shop.weigh.before-provider",
    "shop.weigh.after-provider",
    "shop.weigh.provider-keeps-failure",
  ]);
});
