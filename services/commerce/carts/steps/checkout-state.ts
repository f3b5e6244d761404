import { DomainError } from "#lib/contract/errors.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { CallResult } from "#lib/contract/types.ts";
import type { Stored } from "#lib/keyvalue/keyvalue.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import { type Cart, type Checkout, isOverdue } from "../domain/cart.ts";
import { withDiscounts } from "../domain/discounts.ts";
import { sourceOfCart } from "../domain/sources.ts";
import type { Deps } from "../setup.ts";
import { type CartOffer, knownOffer } from "./cart-offer.ts";

/** What has become of a checkout. */
export type CheckoutState =
  | { kind: "bought"; orderId: string }
  /** There may be an order soon. */
  | { kind: "running" }
  /** Its order was cancelled, or it has none and will never have one. */
  | { kind: "ended" };

type Fate = CallResult<"orders.ofSource">;

/** Whether no order will keep what a source stands for. */
export function hasEnded({ order, abandoned }: Fate): boolean {
  return order ? order.status === "cancelled" : abandoned;
}

/** Asks the orders service. A checkout that has had no order for CHECKOUT_SECONDS is given up, and cannot get one any more. */
export async function checkoutState(
  ctx: ActionContext<Deps>,
  cartId: string,
  checkout: Checkout,
): Promise<CheckoutState> {
  const source = sourceOfCart(cartId, checkout.attempt);
  let fate: Fate = await ctx.call("orders.ofSource", { source });
  if (fate.order === null && !fate.abandoned && isOverdue(checkout, ctx.now().getTime()))
    fate = await ctx.call("orders.abandonSource", { source });
  if (hasEnded(fate)) return { kind: "ended" };
  return fate.order === null ? { kind: "running" } : { kind: "bought", orderId: fate.order.orderId };
}

/** The state of the checkout of a cart; undefined for an open cart, and while the orders service is not available. */
export async function knownCheckoutState(
  ctx: ActionContext<Deps>,
  cartId: string,
  { checkout }: Cart,
): Promise<CheckoutState | undefined> {
  if (checkout === null) return undefined;
  try {
    return await checkoutState(ctx, cartId, checkout);
  } catch (error) {
    if (!isOutage(error)) throw error;
    return undefined;
  }
}

/** A cart as it is stored, and what promotions say about it besides its discounts, if they were asked. */
export interface EditedCart {
  cart: Cart;
  offer: CartOffer | undefined;
}

/**
 * Applies a change to a cart that is open, or whose checkout has ended: the change opens it again. A change that changes
 * nothing is applied in any case, so that a request can be repeated. The cart is stored with the discounts that it is then
 * shown with.
 * @param read the cart as the caller has read it already
 * @throws DomainError CART_CHECKED_OUT, CHECKOUT_IN_PROGRESS, and CONFLICT as `CartStore.edit`
 */
export async function editCart(
  ctx: ActionContext<Deps>,
  cartId: string,
  change: (cart: Cart) => Cart,
  { read, offerOf = knownOffer }: { read?: Stored<Cart>; offerOf?: typeof knownOffer } = {},
): Promise<EditedCart> {
  let offer: CartOffer | undefined;
  const changeOpen = async (cart: Cart) => {
    const open = cart.checkout === null ? cart : { ...cart, checkout: null };
    const next = change(open);
    if (next === open && cart.checkout !== null) return cart;
    if (next !== open) await requireOpen(ctx, cartId, cart);
    offer = await offerOf(ctx, cartId, next);
    return withDiscounts(next, offer.discounts);
  };
  const cart = await ctx.deps.carts.edit(cartId, changeOpen, read);
  return { cart, offer };
}

/**
 * Returns for an open cart, and for one whose checkout has ended.
 * @throws DomainError CART_CHECKED_OUT or CHECKOUT_IN_PROGRESS
 */
export async function requireOpen(ctx: ActionContext<Deps>, cartId: string, { checkout }: Cart): Promise<void> {
  if (checkout === null) return;
  const state = await checkoutState(ctx, cartId, checkout);
  if (state.kind === "bought") throw new DomainError("CART_CHECKED_OUT", undefined, { orderId: state.orderId });
  if (state.kind === "running") throw new DomainError("CHECKOUT_IN_PROGRESS");
}
