import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type ActionContext, type Handler, transactional } from "#mixins/service/context.ts";
import type { ClaimReading } from "../claims.store.ts";
import type { dealActions } from "../domain/deal-actions.ts";
import { positionIn, type Refusal } from "../domain/turns.ts";
import type { HasDeals } from "../setup.ts";
import { claimView } from "../view.ts";

type Actions = typeof dealActions;

/** The desk has the transactions; they have the name of this action. */
export const claimDeal: Handler<Actions["claimDeal"], HasDeals> = transactional(async (ctx, { dealId }) => {
  const { auth, cause, deps, idempotencyKey: requestKey = null } = ctx;
  if (auth.kind !== "customer") throw new DomainError("FORBIDDEN", "Only customers can claim.");
  const { customerId } = auth;
  const claimId = newId("dealClaim");
  const served = await deps.deals.desk.ask(cause, dealId, { kind: "claim", claimId, customerId, requestKey });
  if (!served?.outcome) throw new DomainError("NOT_FOUND", "There is no such deal.");
  const { turned, outcome } = served;
  if ("refused" in outcome) throw errorOf(outcome.refused);
  const claim = turned.touched.find((touched) => touched.claimId === outcome.claimId);
  if (!claim) return viewOf(await known(ctx, dealId, outcome.claimId)); // an earlier request with this key has made it
  return claimView(claim, turned.deal, turned.now, claim.state.kind === "queued" ? positionIn(turned, claim) : null);
});

/** A slot whose claim has expired is handed over when the next in the queue looks, not only when the job does. */
export const readDealClaim: Handler<Actions["dealClaim"], HasDeals> = async (ctx, { dealId, claimId }) => {
  const reading = await known(ctx, dealId, claimId);
  ctx.requireOwner(reading.claim.customerId);
  if (reading.claim.state.kind !== "queued" || !reading.isDue) return viewOf(reading);
  await ctx.deps.deals.desk.ask(ctx.cause, dealId);
  return viewOf(await known(ctx, dealId, claimId));
};

export const giveDealClaimBack: Handler<Actions["giveDealClaimBack"], HasDeals> = async (ctx, { dealId, claimId }) => {
  const { claim } = await known(ctx, dealId, claimId);
  ctx.requireOwner(claim.customerId);
  const served = await ctx.deps.deals.desk.ask(ctx.cause, dealId, { kind: "giveBack", claimId });
  const outcome = served?.outcome;
  if (outcome && "refused" in outcome) throw errorOf(outcome.refused);
  return {};
};

async function known(ctx: ActionContext<HasDeals>, dealId: string, claimId: string): Promise<ClaimReading> {
  const reading = await ctx.deps.deals.readClaim(claimId);
  if (reading?.claim.dealId !== dealId) throw new DomainError("NOT_FOUND", "There is no such claim.");
  return reading;
}

const viewOf = ({ claim, deal, now, position }: ClaimReading) => claimView(claim, deal, now, position);

function errorOf(refusal: Refusal): DomainError {
  switch (refusal.reason) {
    case "not_started":
      return new DomainError("DEAL_NOT_OPEN", "The deal has not started yet.");
    case "members_first":
      return new DomainError("DEAL_NOT_OPEN", "The deal is open for members only until it starts.");
    case "ended":
      return new DomainError("DEAL_NOT_OPEN", "The deal has ended.");
    case "has_claims":
      return new DomainError("DEAL_CLAIMED", undefined, { claimIds: refusal.claimIds });
    case "queue_full":
      return new DomainError("DEAL_QUEUE_FULL");
    case "ordered":
      return new DomainError("DEAL_CLAIM_ORDERED");
    case "unknown":
      return new DomainError("NOT_FOUND", "There is no such claim.");
    default:
      return refusal satisfies never;
  }
}
