import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, customer, internal, ownerOr, staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact } from "#lib/contract/contract.ts";
import { CursorPage, CursorPagination } from "#lib/contract/cursor.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Text } from "#lib/contract/text.ts";
import { reviewLimits } from "./domain/limits.ts";
import {
  AnswerText,
  Author,
  ProductId,
  Rating,
  ReviewId,
  ReviewText,
  ShownReview,
  Sort,
  Stars,
  Status,
  Title,
  VerifiedPurchase,
  Vote,
  WholeReview,
} from "./domain/schemas.ts";

const reviewIds = defineIds({ review: "rev" });

const reviewErrors = defineErrors({
  OWN_REVIEW: { status: 409, title: "Nobody votes on a review of their own" },
});

const decision = {
  ...ReviewId,
  revision: Type.Optional(
    Type.Integer({ minimum: 1, description: "The one that was read: `CONFLICT` if the author has edited it since" }),
  ),
};
const readAccess = staff("reviews:read");
const writeAccess = staff("reviews:write");

/** What cached lists of a product's reviews show, as signals about cached answers name it. */
export const reviewsOf = (productId: string) => `reviews of ${productId}`;

export const reviews = contract("reviews", {
  summary: "What customers say of products, and the ratings that follow from it.",
  actions: {
    create: action({
      summary: "Writes a review of a product.",
      description:
        "A customer has one review of a product. One that breaks no rule is shown at once; one with links, in capitals, with repetitions or with the text of another review waits for staff.",
      rest: "POST /products/:productId/reviews",
      status: 201,
      params: Exact({
        ...ProductId,
        rating: Stars,
        title: Title,
        text: ReviewText,
        author: Type.Optional(Author),
      }),
      returns: Exact({ ...ReviewId, verifiedPurchase: VerifiedPurchase, status: Status }),
      access: customer(),
      errors: ["ALREADY_EXISTS"],
      idempotent: true,
    }),
    ofProduct: action({
      summary: "The reviews of a product, the most helpful first.",
      description: "`-helpful` sorts by what the votes say with some certainty: many votes count more than few.",
      rest: "GET /products/:productId/reviews",
      params: Exact({ ...ProductId, ...CursorPage, sort: Type.Optional(Sort) }),
      returns: Exact({
        ...ProductId,
        rating: Type.Optional(Rating),
        reviews: Type.Array(ShownReview, { maxItems: limits.PAGE_SIZE }),
        pagination: CursorPagination,
      }),
      access: anyone({ badToken: "ignored" }),
      cached: { skus: ({ productId }) => [reviewsOf(productId)] },
    }),
    ofCustomer: action({
      summary: "A customer's reviews, also those that are not shown, the newest first.",
      rest: "GET /customers/:customerId/reviews",
      params: Exact({ customerId: Id("customer"), ...CursorPage }),
      returns: Exact({
        reviews: Type.Array(WholeReview, { maxItems: limits.PAGE_SIZE }),
        pagination: CursorPagination,
      }),
      access: ownerOr("reviews:read", "customerId"),
    }),
    list: action({
      summary: "Reviews for staff: those that wait for a decision, the oldest first.",
      description: "Those of another status have the newest first.",
      rest: "GET /reviews",
      params: Exact({ ...CursorPage, status: Type.Optional(Status) }),
      returns: Exact({
        reviews: Type.Array(WholeReview, { maxItems: limits.PAGE_SIZE }),
        pagination: CursorPagination,
      }),
      access: readAccess,
    }),
    update: action({
      summary: "Changes what is given of one's own review.",
      description: "The rules are applied again. After staff have rejected a review, they look at each new text.",
      rest: "PUT /reviews/:reviewId",
      example: { rating: 4 },
      params: Exact({
        ...ReviewId,
        rating: Type.Optional(Stars),
        title: Type.Optional(Title),
        text: Type.Optional(ReviewText),
        author: Type.Optional(Type.Union([Author, Type.Null()])),
      }),
      returns: WholeReview,
      access: customer(),
      retryable: true,
    }),
    delete: action({
      summary: "Removes a review, with the votes on it.",
      rest: "DELETE /reviews/:reviewId",
      status: 204,
      params: Exact(ReviewId),
      returns: Empty,
      access: ownerOr("reviews:write"),
    }),
    vote: action({
      summary: "Says whether a review was helpful.",
      description: "A customer has one vote on a review, and may change it.",
      rest: "POST /reviews/:reviewId/votes",
      params: Exact({ ...ReviewId, helpful: Type.Boolean({ examples: [true] }) }),
      returns: Vote,
      access: customer(),
      errors: ["OWN_REVIEW"],
      retryable: true,
    }),
    approve: action({
      summary: "Shows a review.",
      rest: "POST /reviews/:reviewId/approve",
      params: Exact(decision),
      returns: WholeReview,
      access: writeAccess,
      errors: ["CONFLICT"],
      retryable: true,
    }),
    reject: action({
      summary: "Keeps a review from being shown, or takes it away again.",
      rest: "POST /reviews/:reviewId/reject",
      params: Exact({
        ...decision,
        reason: Text(reviewLimits.REASON_CHARS, { examples: ["It is about another shop."] }),
      }),
      returns: WholeReview,
      access: writeAccess,
      errors: ["CONFLICT"],
      retryable: true,
    }),
    answer: action({
      summary: "Sets the seller's answer to a review, which is shown below it.",
      rest: "PUT /reviews/:reviewId/answer",
      params: Exact({ ...ReviewId, text: AnswerText }),
      returns: WholeReview,
      access: writeAccess,
      retryable: true,
    }),
    removeAnswer: action({
      summary: "Removes the answer to a review.",
      rest: "DELETE /reviews/:reviewId/answer",
      status: 204,
      params: Exact(ReviewId),
      returns: Empty,
      access: writeAccess,
    }),
    anonymise: action({
      summary: "Takes a customer off all their reviews and votes, when they ask for erasure.",
      description: "Reviews stay, with nobody as their author. What they have bought is forgotten.",
      rest: "POST /customers/:customerId/reviews/anonymise",
      params: Exact({ customerId: Id("customer") }),
      returns: Exact({ reviews: Type.Integer({ minimum: 0 }), votes: Type.Integer({ minimum: 0 }) }),
      access: writeAccess,
      retryable: true,
    }),
    ratings: action({
      summary: "The ratings of many products; those without reviews are left out.",
      params: Exact({ productIds: Type.Array(Id("product"), { maxItems: limits.PAGE_SIZE }) }),
      returns: Exact({
        ratings: Type.Array(Exact({ ...ProductId, ...Rating.properties }), { maxItems: limits.PAGE_SIZE }),
        any: Type.Boolean({ description: "Whether any product of the shop has a review that is shown" }),
      }),
      access: internal(), // not tried again: a product is rather shown without its rating than late
    }),
  },
  signals: {
    /** The ratings of a product have changed: a shop that had none may have some now. */
    ratingsChanged: Exact({}),
  },
  personalData: {
    // Title and text stay after an erasure: they are an opinion of nobody then.
    review: { columns: ["customer_id", "author"], subject: "customer_id" },
    review_vote: { columns: ["customer_id"], subject: "customer_id" },
    rejection: { columns: ["customer_id"], subject: "customer_id" },
    product_rating: "none",
    purchase: { columns: ["customer_id", "product_ids"], subject: "customer_id" },
  },
});

export { Rating } from "./domain/schemas.ts";

declare module "#lib/contract/types.ts" {
  interface Contracts {
    reviews: typeof reviews;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    reviews: typeof reviewErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    reviews: typeof reviewIds;
  }
}
