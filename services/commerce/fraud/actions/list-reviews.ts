import { paging } from "#lib/contract/contract.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { fraud } from "../contract.ts";
import { listReviews } from "../reviews.store.ts";
import { reviewView } from "../view.ts";

export const reviewList: Handler<typeof fraud.actions.listReviews> = async ({ db }, { status = "open", ...params }) => {
  const { page, limit, offset } = paging(params);
  const { total, rows } = await listReviews(db, { status, limit, offset });
  return { reviews: rows.map(reviewView), pagination: { page, limit, total } };
};
