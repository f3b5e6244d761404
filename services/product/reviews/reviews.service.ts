import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { anonymiseCustomer } from "./actions/anonymise-customer.ts";
import { answerReview, removeAnswer } from "./actions/answer-review.ts";
import { createReview } from "./actions/create-review.ts";
import { approveReview, rejectReview } from "./actions/decide-review.ts";
import { deleteReview } from "./actions/delete-review.ts";
import { listForStaff, listOfCustomer, listOfProduct } from "./actions/list-reviews.ts";
import { readRatings } from "./actions/read-ratings.ts";
import { updateReview } from "./actions/update-review.ts";
import { vote } from "./actions/vote.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { orderStatusChanged } from "./consumers/order-status-changed.ts";
import { reviews } from "./contract.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof reviews, Deps>(reviews, {
  database: { migrations: join(import.meta.dirname, "migrations") },
  setup: setUp,
  actions: {
    create: createReview,
    update: updateReview,
    delete: deleteReview,
    vote,
    approve: approveReview,
    reject: rejectReview,
    answer: answerReview,
    removeAnswer,
    ofProduct: listOfProduct,
    ofCustomer: listOfCustomer,
    list: listForStaff,
    ratings: readRatings,
    anonymise: anonymiseCustomer,
  },
  consumers: [orderCreated, orderStatusChanged, orderCancelled],
});
