import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext, Handler, Transactions } from "#mixins/service/context.ts";
import { transactional } from "#mixins/service/context.ts";
import type { promotions } from "../contract.ts";
import { decideWithClaims, withoutClaims } from "../deals/steps/order-claims.ts";
import { decideReservations, type Outcome, type Request } from "../domain/reserve.ts";
import { lockForRequests, saveReservations } from "../reservations.store.ts";
import type { Deps } from "../setup.ts";
import { applyMessages } from "../steps/apply-messages.ts";

type Actions = typeof promotions.actions;

export const reserveUses: Handler<Actions["reserve"], Deps> = transactional(async (ctx, request) => {
  const outcome = await ctx.deps.reserveTogether(request, (requests) => reserveAll(ctx, requests));
  switch (outcome.kind) {
    case "reserved":
    case "known":
      return { refused: [] };
    case "refused":
      return { refused: outcome.refused };
    case "conflict":
      throw new DomainError("CONFLICT", outcome.detail);
    default:
      return outcome satisfies never;
  }
});

/** Reserves for many orders in two round trips: lock and read, decide, write. Claims of deals take one more. */
function reserveAll(
  ctx: Pick<ActionContext, "db"> & Transactions,
  requests: readonly Request[],
): Promise<readonly Outcome[]> {
  return ctx.transaction(async (tx) => {
    const others = requests.map(withoutClaims);
    const stored = await lockForRequests(tx, others);
    const decide = (some: readonly Request[]) => decideReservations(stored, some);
    const outcomes = await decideWithClaims(tx, requests, stored.reservations, decide);
    const withOutcome = (kind: Outcome["kind"]) => others.filter((_, i) => outcomes[i]?.kind === kind);
    const reserved = withOutcome("reserved");
    // One order may have been refused and have then asked for less.
    const refused = withOutcome("refused").filter(
      ({ orderId }) => !reserved.some((other) => other.orderId === orderId),
    );
    saveReservations(
      tx,
      reserved,
      refused.map(({ orderId }) => orderId),
    );
    return outcomes;
  });
}

export const giveUsesBack: Handler<Actions["giveBack"], Deps> = transactional(async (ctx, { orderId }) => {
  await ctx.transaction((tx) => applyMessages(tx, [{ orderId, kind: "givenBack" }]));
  return {};
});
