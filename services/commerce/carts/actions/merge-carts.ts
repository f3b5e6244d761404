import { newId } from "#lib/contract/ids.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import type { carts } from "../contract.ts";
import { emptyCart, merge } from "../domain/cart.ts";
import { pricesOf } from "../prices.ts";
import { type Deps, isOwn, noCart } from "../setup.ts";
import { viewOf } from "../view.ts";
import { readCart } from "./read-cart.ts";

/**
 * The guest's cart goes into the one the customer opened last, or into a new one. The guest's cart is forgotten last:
 * after a crash in between the merge is repeated, and the customer's cart knows it has been done.
 */
export const mergeCarts: Handler<typeof carts.actions.merge, Deps> = async (ctx, { cartId: guestId }) => {
  if (isOwn(ctx, guestId)) return readCart(ctx, { cartId: guestId }); // it is theirs already
  if (ctx.auth.kind !== "customer" || !ctx.deps.tokenSigner.proves(ctx.cartToken, guestId)) throw noCart();
  const store = ctx.deps.carts;
  const { value: guest, version } = await store.read(guestId);
  const cartId = await openCartOf(ctx, ctx.auth.customerId, guest.currency);
  if (guest.items.length === 0) return readCart(ctx, { cartId });
  const { currency } = (await store.read(cartId)).value;
  const prices = await pricesOf(
    ctx.call,
    guest.items.map(({ sku }) => sku),
    currency,
  );
  // What has no price in the customer's currency cannot be bought with it.
  const items = guest.items.flatMap((item) => {
    const priceMinor = prices.get(item.sku);
    return priceMinor === undefined ? [] : [{ ...item, priceMinor }];
  });
  const merged = await store.edit(cartId, (cart) => merge(cart, items, `merge ${guestId} ${version}`));
  await store.delete(guestId);
  return viewOf(cartId, merged);
};

/** A customer's open cart, made in the guest's currency when there is none. */
async function openCartOf(ctx: ActionContext<Deps>, customerId: string, currency: string): Promise<string> {
  const { carts: store, tokenSigner } = ctx.deps;
  const current = await store.currentOf(customerId);
  if (current !== undefined && (await store.read(current)).value.orderId === null) return current;
  const cartId = tokenSigner.customerCartId(newId("cart"), customerId);
  await store.create(cartId, emptyCart(currency));
  await store.makeCurrent(customerId, cartId);
  return cartId;
}
