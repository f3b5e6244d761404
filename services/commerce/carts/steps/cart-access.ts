import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Deps } from "../setup.ts";

/** @throws DomainError NOT_FOUND unless the cart is the calling customer's own, or the caller has its token */
export function requireCartAccess(ctx: ActionContext<Deps>, cartId: string): void {
  if (!isOwnCart(ctx, cartId) && !holdsToken(ctx, cartId)) throw cartNotFound();
}

/** Whether it is the calling customer's own cart. */
export function isOwnCart({ auth, deps }: ActionContext<Deps>, cartId: string): boolean {
  return auth.kind === "customer" && deps.tokenSigner.isOwnedBy(cartId, auth.customerId);
}

/** Whose prices and taxes a cart has: those of a guest's cart are nobody's, whoever has its token. */
export function customerOf(ctx: ActionContext<Deps>, cartId: string): { customerId?: string } {
  return ctx.auth.kind === "customer" && isOwnCart(ctx, cartId) ? { customerId: ctx.auth.customerId } : {};
}

/** Whether the caller may check a cart out. A customer who has a guest's token merges that cart into their own first. */
export function mayCheckOut(ctx: ActionContext<Deps>, cartId: string): boolean {
  return ctx.auth.kind === "anonymous" ? holdsToken(ctx, cartId) : isOwnCart(ctx, cartId);
}

/** Whether the caller has the token of a guest's cart. */
export function holdsToken({ deps, cartToken }: ActionContext<Deps>, cartId: string): boolean {
  return deps.tokenSigner.isTokenOf(cartToken, cartId);
}

export function cartNotFound(): DomainError {
  return new DomainError("NOT_FOUND", "There is no such cart.");
}
