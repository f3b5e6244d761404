import { newId } from "#lib/contract/ids.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import type { carts } from "../contract.ts";
import { type Market, merge, tax, withPrice } from "../domain/cart.ts";
import { mergeCoupons } from "../domain/discounts.ts";
import type { Deps } from "../setup.ts";
import { cartNotFound, holdsToken, isOwnCart } from "../steps/cart-access.ts";
import { checkoutState, editCart, requireOpen } from "../steps/checkout-state.ts";
import { currentPrices } from "../steps/current-prices.ts";
import { showCart } from "../steps/show-cart.ts";
import { getCart } from "./get-cart.ts";

/**
 * Merges a guest's cart into the cart that the customer created last, or into a new one. The guest's cart is deleted
 * last: after a crash before that the merge can be repeated, because the customer's cart remembers that it was done.
 */
export const mergeCarts: Handler<typeof carts.actions.merge, Deps> = async (ctx, { cartId: guestId }) => {
  if (isOwnCart(ctx, guestId)) return getCart(ctx, { cartId: guestId }); // there is nothing to merge
  if (ctx.auth.kind !== "customer" || !holdsToken(ctx, guestId)) throw cartNotFound();
  const store = ctx.deps.carts;
  const { value: guest, version } = await store.read(guestId);
  await requireOpen(ctx, guestId, guest);
  const cartId = await openCartOf(ctx, ctx.auth.customerId, guest);
  if (guest.items.length === 0 && guest.coupons === undefined) return getCart(ctx, { cartId });
  const own = await store.read(cartId);
  const { prices, taxed } = await currentPrices(ctx, cartId, own.value, guest.items);
  // An item without a price in the currency of the customer's cart cannot be bought with that cart, so it is dropped.
  const items = guest.items.flatMap((item) => {
    const price = prices.get(offerKey(item));
    return price === undefined ? [] : [withPrice(item, price)];
  });
  const merged = await editCart(
    ctx,
    cartId,
    (cart) => tax(merge(mergeCoupons(cart, guest.coupons), items, `merge ${guestId} ${version}`), taxed, guest.place),
    { read: own },
  );
  await store.delete(guestId);
  return showCart(ctx, cartId, merged);
};

/** The customer's open cart, or a new one in the guest's currency and region. */
async function openCartOf(ctx: ActionContext<Deps>, customerId: string, market: Market): Promise<string> {
  const { carts: store, tokenSigner } = ctx.deps;
  const current = await store.currentOf(customerId);
  if (current !== undefined && (await isOpen(ctx, current))) return current;
  const cartId = tokenSigner.customerCartId(newId("cart"), customerId);
  await store.create(cartId, market, customerId);
  return cartId;
}

async function isOpen(ctx: ActionContext<Deps>, cartId: string): Promise<boolean> {
  const { checkout } = (await ctx.deps.carts.read(cartId)).value;
  return checkout === null || (await checkoutState(ctx, cartId, checkout)).kind === "ended";
}
