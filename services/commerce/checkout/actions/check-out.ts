import { DomainError, isDomainError, type NamedError } from "#lib/contract/errors.ts";
import { toMajor } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { CallParams, CallResult, ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import { sourceOfCart } from "#services/commerce/carts/contract.ts";
import type { ChangedPrice } from "#services/commerce/orders/contract.ts";
import type { Attempt } from "../checkout.store.ts";
import type { checkout } from "../contract.ts";
import { type Buyer, buyerOf } from "../domain/buyer.ts";
import { type CartItem, withItemIds } from "../domain/cart-snapshot.ts";
import { checkoutLimits } from "../domain/limits.ts";
import type { Deps } from "../setup.ts";

type Create = typeof checkout.actions.create;
type Params = ParamsOf<Create>;
type Context = ActionContext<Deps>;
type Order = ResultOf<Create>;
type Frozen = CallResult<"carts.freeze">;

/**
 * Turns a cart into an order, once, however often and from however many clients it is requested. Each attempt to buy a
 * cart has a number and with it a source of its own, and `orders.place` turns a source into one order at most: so
 * requests of one attempt give one order, and one that crashed is resumed with the same number. The number rises when the
 * attempt before has ended: its order was cancelled, or it has none and its source was abandoned.
 */
export const checkOut: Handler<Create, Deps> = async (ctx, params) => {
  const buyer = buyerOf(ctx.auth, params.cartId, params.email, ctx.cartToken !== undefined);
  for (let tries = 1; tries <= checkoutLimits.CHECKOUT_TRIES; tries++) {
    try {
      return await attemptPurchase(ctx, params, buyer);
    } catch (error) {
      if (!isDomainError(error, "SOURCE_ABANDONED")) throw error;
    }
  }
  throw new DomainError("CONFLICT", "The cart was changed while it was checked out.");
};

/** @throws DomainError SOURCE_ABANDONED when this attempt was given up, also long ago by a request that has crashed */
async function attemptPurchase(ctx: Context, params: Params, buyer: Buyer): Promise<Order> {
  const { cartId } = params;
  const frozen = await ctx.call("carts.freeze", { cartId });
  const { durable, repeated, ...current } =
    frozen.attempt === null || frozen.resumed ? await resume(ctx, buyer, frozen) : begun(frozen, frozen.attempt);
  if (current.items.length === 0) throw new DomainError("CART_EMPTY");
  // What was agreed to outlives a store that may lose the cart. No order has a higher number than what is stored.
  if (!durable && !(await ctx.deps.attempts.save(cartId, buyer.customerId, current)))
    throw new DomainError("CONFLICT", "Another checkout of the cart has begun.");
  return place(ctx, params, buyer, current, repeated);
}

/** An attempt whose contents are frozen. */
interface Begun extends Attempt {
  durable: boolean;
  /** There is an order of it already. */
  repeated: boolean;
}

function begun(frozen: Frozen, attempt: number, repeated = false): Begun {
  const { currency, items, coupons = [], discounts = [], durable } = frozen;
  return { attempt, currency, items, coupons, discounts, durable, repeated };
}

/** Continues the latest attempt of a cart, or begins the next one if that has ended. */
async function resume(ctx: Context, { customerId }: Buyer, frozen: Frozen): Promise<Begun> {
  const { cartId } = frozen;
  const earlier = frozen.attempt === null ? await ctx.deps.attempts.find(cartId, customerId) : undefined;
  let attempt = frozen.attempt ?? earlier?.attempt ?? 1;
  let fate = await fateOf(ctx, cartId, attempt);
  while (fate.abandoned || fate.order?.status === "cancelled") {
    attempt += 1;
    fate = await fateOf(ctx, cartId, attempt);
  }
  const repeated = fate.order !== null;
  if (attempt === frozen.attempt) return begun(frozen, attempt, repeated);
  const lost = attempt === earlier?.attempt ? { lost: lostContents(earlier) } : {};
  return begun(await ctx.call("carts.freeze", { cartId, attempt, ...lost }), attempt, repeated);
}

function lostContents({ currency, items, coupons, discounts }: Attempt): CallParams<"carts.freeze">["lost"] {
  return {
    ...{ currency, items },
    ...(coupons.length === 0 ? {} : { coupons }),
    ...(discounts.length === 0 ? {} : { discounts }),
  };
}

function fateOf(ctx: Context, cartId: string, attempt: number): Promise<CallResult<"orders.ofSource">> {
  return ctx.call("orders.ofSource", { source: sourceOfCart(cartId, attempt) });
}

/** @throws DomainError PRICE_CHANGED with both prices, OUT_OF_STOCK with the items, CART_CHECKED_OUT with the order */
async function place(
  ctx: Context,
  { cartId, email: _, ...agreed }: Params,
  buyer: Buyer,
  { attempt, currency, items, coupons, discounts }: Attempt,
  repeated: boolean,
): Promise<Order> {
  const discountMinor = discounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const lines = items.map(({ itemId: _, priceMinor, ...item }) => ({ ...item, price: toMajor(priceMinor, currency) }));
  try {
    return await ctx.call("orders.place", {
      ...buyer,
      source: sourceOfCart(cartId, attempt),
      repeated,
      items: lines,
      currency,
      ...(coupons.length === 0 ? {} : { coupons }),
      ...(discountMinor === 0 ? {} : { shownDiscount: toMajor(discountMinor, currency) }),
      ...agreed,
      ...(ctx.request === undefined ? {} : { request: ctx.request }),
    });
  } catch (error) {
    if (isDomainError(error, "SOURCE_ORDERED"))
      throw new DomainError("CART_CHECKED_OUT", undefined, { orderId: error.data?.orderId });
    // After an outage it is unknown whether there is an order, so the cart stays frozen until somebody asks.
    if (!isDomainError(error) || isOutage(error) || isDomainError(error, "SOURCE_ABANDONED")) throw error;
    const isPrice = isDomainError(error, "PRICE_CHANGED");
    // The cart may have been shown at the prices of another country. It is shown at those of this one next.
    const region = isPrice ? { region: agreed.shippingAddress.country ?? ctx.env.SHOP_COUNTRY } : {};
    await reopen(ctx, { cartId, attempt, ...region });
    throw isPrice ? priceChanged(error, items) : error;
  }
}

/** Lets the customer change the cart after a refusal. If that fails now, the cart opens by itself after a while. */
async function reopen(ctx: Context, { cartId, ...refused }: CallParams<"carts.reopen">): Promise<void> {
  await ctx.call("carts.reopen", { cartId, ...refused }).catch((error: unknown) => {
    if (!isOutage(error)) throw error;
    ctx.log.warn("A cart stays frozen for now after its checkout was refused.", { cartId, reason: String(error) });
  });
}

function priceChanged({ data }: NamedError, items: readonly CartItem[]): DomainError {
  const prices = (data?.prices ?? []) as readonly ChangedPrice[];
  const { discount } = data ?? {};
  return new DomainError("PRICE_CHANGED", "Prices have changed since the cart was shown.", {
    prices: withItemIds(prices, items),
    ...(discount === undefined ? {} : { discount }),
  });
}
