import { expect, test } from "@jest/globals";
import type { Call, CallResult } from "#lib/contract/types.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { Ratings } from "#services/product/catalog/steps/ratings.ts";

type Answer = CallResult<"reviews.ratings">;

/** A catalogue whose clock and whose answers from reviews a test sets. */
function newRatings() {
  const shop = { now: 0, asked: 0, answer: async (): Promise<Answer> => ({ ratings: [], any: false }) };
  const ratings = new Ratings(() => shop.now);
  const call = (() => {
    shop.asked += 1;
    return shop.answer();
  }) as unknown as Call;
  return { shop, ratings, read: () => ratings.of({ call }, ["mug"]).then((found) => found.get("mug")) };
}
const RATED = { productId: "mug", average: 4.5, count: 2 };

test("a shop without reviews is asked once in a while, and at once when one is shown", async () => {
  const { shop, ratings, read } = newRatings();
  for (let i = 0; i < 100; i++) expect(await read()).toBeUndefined();
  expect(shop.asked).toBe(1);
  shop.now += catalogLimits.NO_RATINGS_MS;
  await read();
  expect(shop.asked).toBe(2);

  shop.answer = async () => ({ ratings: [RATED], any: true });
  expect(await read()).toBeUndefined();
  ratings.changed();
  expect(await read()).toEqual({ average: 4.5, count: 2 });
  expect(await read()).toEqual({ average: 4.5, count: 2 });
  expect(shop.asked).toBe(4);
});

test("an answer that was read before the first review was shown is not believed after it", async () => {
  const { shop, ratings, read } = newRatings();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  shop.answer = () => promise;
  const reading = read();
  ratings.changed();
  resolve({ ratings: [], any: false });
  await reading;
  shop.answer = async () => ({ ratings: [RATED], any: true });
  expect(await read()).toEqual({ average: 4.5, count: 2 });
});

test("without reviews there are no ratings, and it is asked again after a second; a defect is not hidden", async () => {
  const { shop, read } = newRatings();
  shop.answer = () => Promise.reject(Object.assign(new Error("no node"), { type: "SERVICE_NOT_FOUND" }));
  for (let i = 0; i < 10; i++) expect(await read()).toBeUndefined();
  expect(shop.asked).toBe(1);
  shop.answer = async () => ({ ratings: [RATED], any: true });
  shop.now += catalogLimits.RATINGS_OUTAGE_MS;
  expect(await read()).toEqual({ average: 4.5, count: 2 });
  shop.answer = () => Promise.reject(new Error("a defect"));
  await expect(read()).rejects.toThrow("a defect");
});
