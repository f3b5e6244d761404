import type { Handler } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import { hasRatings } from "../reviews.store.ts";
import type { Deps } from "../setup.ts";
import { ratingView } from "../view.ts";

export const readRatings: Handler<typeof reviews.actions.ratings, Deps> = async ({ db, deps }, { productIds }) => {
  const found = await deps.ratings(productIds);
  const ratings = [...found].map(([productId, one]) => ({ productId, ...ratingView(one) }));
  return { ratings, any: ratings.length > 0 || (await hasRatings(db)) };
};
