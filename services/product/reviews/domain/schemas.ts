import { Type } from "typebox";
import { Exact, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { NamedExact, NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { Text } from "#lib/contract/text.ts";
import { reviewLimits } from "./limits.ts";
import { moderationRules } from "./moderation.ts";
import { reviewStatuses } from "./review.ts";

export const ProductId = { productId: Id("product") };
export const ReviewId = { reviewId: Id("review") };

export const Stars = Type.Integer({ minimum: 1, maximum: 5, examples: [5] });
export const Title = Text(reviewLimits.TITLE_CHARS, { examples: ["Keeps coffee warm"] });
export const ReviewText = Text(reviewLimits.TEXT_CHARS, {
  examples: ["I have had this mug for ten years, and it has survived every camp."],
});
export const AnswerText = Text(reviewLimits.TEXT_CHARS, { examples: ["Thank you. We still make it by hand."] });
export const Author = Personal(
  Text(reviewLimits.AUTHOR_CHARS, { description: "The name that is shown with the review", examples: ["Ada L."] }),
);
export const Status = Type.Enum(reviewStatuses, {
  description: "`pending`: staff look at it before it is shown",
  "x-name": "ReviewStatus",
});
export const Sort = Type.Enum(["helpful", "-helpful", "createdAt", "-createdAt", "rating", "-rating"]);
export const VerifiedPurchase = Type.Boolean({
  description: "The author has bought the product: an order with it was paid, and not cancelled",
});

/** The ratings of a product together. Absent without a review, and while reviews cannot be read. */
export const Rating = NamedObject("ProductRating", {
  average: Type.Number({ minimum: 1, maximum: 5, description: "With two decimals", examples: [4.5] }),
  count: Type.Integer({ minimum: 1, description: "Number of the reviews that are shown", examples: [12] }),
});

const Votes = {
  helpfulVotes: Type.Integer({ minimum: 0, examples: [3] }),
  votes: Type.Integer({ minimum: 0, examples: [4] }),
};
export const Vote = Exact({ ...ReviewId, helpful: Type.Boolean(), ...Votes });

const shown = {
  ...ReviewId,
  rating: Stars,
  title: Title,
  text: ReviewText,
  author: Type.Optional(Author),
  verifiedPurchase: VerifiedPurchase,
  ...Votes,
  answer: Type.Optional(Exact({ text: AnswerText, answeredAt: Timestamp }, { description: "The seller's" })),
  createdAt: Timestamp,
  editedAt: Type.Optional(Timestamp),
};
export const ShownReview = NamedExact("Review", shown);

/** As its author and staff see it. */
export const WholeReview = NamedExact("WholeReview", {
  ...shown,
  ...ProductId,
  customerId: Type.With(Id("customer"), { description: "The author; `erased_…` after the author's data were erased" }),
  status: Status,
  brokenRules: Type.Array(Type.Enum(moderationRules), { description: "Why it waited for staff", examples: [[]] }),
  reason: Type.Optional(Text(reviewLimits.REASON_CHARS, { description: "Why staff rejected it" })),
  revision: Type.Integer({ minimum: 1, description: "Grows with each edit", examples: [1] }),
});
