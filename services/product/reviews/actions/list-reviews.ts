import { limits } from "#config/limits.ts";
import { endPart, readPart } from "#lib/contract/cursor.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { reviews } from "../contract.ts";
import {
  type Chosen,
  chosenReviews,
  countChosen,
  type IdKey,
  type ReviewKey,
  reviewsOfProduct,
} from "../review-lists.store.ts";
import type { Deps } from "../setup.ts";
import { ratingView, shownView, wholeView } from "../view.ts";

type Actions = typeof reviews.actions;

const PRODUCT_SHAPE: ReviewKey = [0, ""];
const ID_SHAPE: IdKey = [""];

export const listOfProduct: Handler<Actions["ofProduct"], Deps> = async (
  ctx,
  { productId, sort = "-helpful", ...asked },
) => {
  const part = readPart(asked, ["reviews.ofProduct", sort, productId], PRODUCT_SHAPE);
  const [listed, ratings] = await Promise.all([
    reviewsOfProduct(ctx.db, productId, sort, part),
    ctx.deps.ratings([productId]),
  ]);
  const rating = ratings.get(productId);
  const count = { total: rating?.reviews ?? 0, atLeast: false };
  const { rows, pagination } = endPart(part, listed, ({ key, reviewId }): ReviewKey => [key, reviewId], count);
  return { productId, ...(rating ? { rating: ratingView(rating) } : {}), reviews: rows.map(shownView), pagination };
};

export const listOfCustomer: Handler<Actions["ofCustomer"]> = ({ db }, { customerId, ...asked }) =>
  chosenList(db, { customerId }, asked);

export const listForStaff: Handler<Actions["list"]> = ({ db }, { status = "pending", ...asked }) =>
  chosenList(db, { status }, asked);

async function chosenList(db: Database, chosen: Chosen, asked: Parameters<typeof readPart>[0]) {
  const part = readPart(asked, ["reviews.list", chosen], ID_SHAPE);
  const [listed, total] = await Promise.all([
    chosenReviews(db, chosen, part),
    part.kind === "page" ? countChosen(db, chosen) : 0,
  ]);
  const count = { total, atLeast: total === limits.LIST_TOTAL };
  const { rows, pagination } = endPart(part, listed, ({ reviewId }): IdKey => [reviewId], count);
  return { reviews: rows.map(wholeView), pagination };
}
