import type { Inspection } from "./invariant.ts";
import { statement } from "./statement.ts";

// What customers say of products. What staff decide about orders is in `reviews.ts`.

const ratings = statement(
  { name: "reviews.ratings", says: "The ratings of a product are those of its approved reviews." },
  "reviews",
  {
    count: "SELECT count(*) AS count FROM review",
    wrong: `SELECT product_id AS id, format('%s reviews with %s stars; its approved ones are %s with %s', coalesce(p.reviews, 0),
                   coalesce(p.stars, 0), coalesce(r.reviews, 0), coalesce(r.stars, 0)) AS wrong
            FROM product_rating p FULL JOIN (
              SELECT product_id, count(*) AS reviews, sum(rating) AS stars FROM review WHERE status = 'approved' GROUP BY 1
            ) r USING (product_id)
            WHERE (coalesce(p.reviews, 0), coalesce(p.stars, 0)) <> (coalesce(r.reviews, 0), coalesce(r.stars, 0))
            LIMIT $1`,
  },
);

const votes = statement(
  { name: "reviews.votes", says: "The votes that a review shows are those of its customers." },
  "reviews",
  {
    count: "SELECT count(*) AS count FROM review_vote",
    wrong: `SELECT review_id AS id, format('%s of %s votes; there are %s of %s', r.helpful_votes, r.votes,
                   coalesce(v.helpful, 0), coalesce(v.votes, 0)) AS wrong
            FROM review r LEFT JOIN (
              SELECT review_id, count(*) AS votes, count(*) FILTER (WHERE helpful) AS helpful FROM review_vote GROUP BY 1
            ) v USING (review_id)
            WHERE (r.helpful_votes, r.votes) <> (coalesce(v.helpful, 0), coalesce(v.votes, 0)) LIMIT $1`,
  },
);

export const productReviewInspections: readonly Inspection[] = [ratings, votes].map((inspection) => ({
  ...inspection,
  optional: true,
}));
