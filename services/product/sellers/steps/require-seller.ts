import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { findSeller, isMember, type Seller } from "../sellers.store.ts";

/**
 * The seller, for its owner, its members and staff with the scope.
 * @throws DomainError NOT_FOUND for everybody else, so that nobody can find out which sellers exist
 */
export async function requireSeller(ctx: ActionContext<unknown>, sellerId: string): Promise<Seller> {
  const seller = await findSeller(ctx.db, sellerId);
  if (!seller) throw new DomainError("NOT_FOUND");
  const { auth } = ctx;
  const acts = auth.kind === "customer" && (await isMember(ctx.db, sellerId, auth.customerId));
  ctx.requireOwner(acts ? auth.customerId : seller.ownerId);
  return seller;
}
