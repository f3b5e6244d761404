import { randomUUID } from "node:crypto";
import type { Answer, Request } from "./http.ts";
import type { Load } from "./load.ts";
import type { Random } from "./random.ts";
import type { Caller } from "./shoppers.ts";

const ERASED = 0.3; // of the authors

/** Every write about a review: its author, a voter and staff. Two of them change it at the same time. */
export async function opinionActions(load: Load, random: Random): Promise<void> {
  const [author, voter] = [random.of(load.shoppers), random.of(load.shoppers)];
  const { productId } = random.of(load.goods);
  const text = `It does what a thing to buy should do, and it has done so since ${randomUUID()}.`;
  const made = await send(author.caller, "POST", `/products/${productId}/reviews`, {
    rating: 4,
    title: "A thing",
    text,
  });
  const reviewId = made?.status === 201 ? made.body.reviewId : await ownReview(author.caller, author.customerId);
  if (reviewId === undefined) return;
  const path = `/reviews/${reviewId}`;
  const staff = (method: Request["method"], rest: string, body: object = {}) =>
    send(load.staff, method, `${path}${rest}`, body);
  if (voter !== author) await send(voter.caller, "POST", `${path}/votes`, { helpful: random.next() < 0.5 });
  await Promise.all([
    send(author.caller, "PUT", path, { rating: random.between(1, 5) }),
    staff("POST", "/reject", { reason: "It is about another shop." }),
  ]);
  await staff("POST", "/approve");
  await staff("PUT", "/answer", { text: "Thank you." });
  await staff("DELETE", "/answer");
  if (random.next() < ERASED) await send(load.staff, "POST", `/customers/${author.customerId}/reviews/anonymise`, {});
  else await send(author.caller, "DELETE", path);
}

/** One that this author has written before. */
async function ownReview(caller: Caller, customerId: string): Promise<string | undefined> {
  const answer = await send(caller, "GET", `/customers/${customerId}/reviews`);
  return answer?.body?.reviews?.[0]?.reviewId;
}

function send(caller: Caller, method: Request["method"], path: string, body?: object): Promise<Answer | undefined> {
  const headers = { "idempotency-key": randomUUID() };
  return caller.insist("opinion", { method, path, headers, ...(body && method !== "DELETE" ? { body } : {}) });
}
