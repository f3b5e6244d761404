import type { ErrorSpec } from "#lib/contract/errors.ts";

/** Error codes of lightning deals. */
export const dealErrors = {
  DEAL_NOT_OPEN: {
    status: 409,
    title: "The deal takes no claims now",
    help: "`startsAt`, `membersFrom` and `endsAt` of the deal say when it does: `GET /deals/{dealId}`.",
  },
  DEAL_CLAIMED: {
    status: 409,
    title: "You have claimed as many pieces of this deal as one customer may",
    help: "`claimIds` are your claims: `GET /deals/{dealId}/claims/{claimId}` says how far each is.",
    example: { claimIds: ["claim_01h455vb4pex5vsknk084sn02q"] },
  },
  DEAL_QUEUE_FULL: {
    status: 409,
    title: "Too many others wait for this deal",
    help: "Everybody who waits would have to give up before you. Send the request again later, or choose another deal.",
  },
  DEAL_CLAIM_ORDERED: {
    status: 409,
    title: "The claim belongs to an order",
    help: "Cancel the order: its slot then goes to the next customer in the queue.",
  },
} as const satisfies Record<string, ErrorSpec>;

/** Kinds of ids of lightning deals. */
export const dealIds = { deal: "deal", dealClaim: "claim" } as const;

/** Whether a discount is that of a deal. Its code is a claim then, and no coupon. */
export function isDeal({ promotionId }: { promotionId: string }): boolean {
  return promotionId.startsWith(`${dealIds.deal}_`);
}
