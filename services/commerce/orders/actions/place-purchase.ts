import { withCountry } from "#lib/contract/address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { toMinor } from "#lib/contract/money.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import {
  AnsweredConcurrently,
  type IdempotentRequest,
  keepAnswer,
  keepAnswerAlone,
} from "#lib/sql/idempotency-keys.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { GuestReceipt, orders, Receipt } from "../contract.ts";
import { sameTerms } from "../domain/purchase-terms.ts";
import { DEFAULT_SHIPPING_METHOD } from "../domain/shipping-methods.ts";
import type { Address } from "../orders.store.ts";
import type { Purchase } from "../purchases.store.ts";
import type { Deps } from "../setup.ts";
import { findOrderOf } from "../sources.store.ts";
import { assessRisk, type Risk } from "../steps/assess-risk.ts";
import { checkPurchase } from "../steps/check-purchase.ts";
import { orderTokenOf } from "../steps/order-token.ts";
import { planTenders } from "../steps/plan-tenders.ts";
import { type PurchaseDiscounts, withDiscounts } from "../steps/purchase-discounts.ts";
import { type PurchaseTaxes, withTaxes } from "../steps/purchase-taxes.ts";
import { givingBack, reservePurchase } from "../steps/reserve-purchase.ts";
import { storeOrder } from "../steps/store-order.ts";
import { receiptView } from "../view.ts";

type Place = typeof orders.actions.place;
type Wanted = Omit<ParamsOf<Place>, "items" | "shownDiscount"> & PurchaseDiscounts & { coupons: readonly string[] };
type Sourced = Omit<Purchase, "totalMinor" | "underReview"> & { source: string };

/**
 * Checks and places what a customer buys through another service. A source becomes one order, however often it is sent:
 * when it is an order already, the answer is that order as it is now, whatever the check says today. The order itself
 * may be why the check fails, because it has taken the last pieces.
 */
export const placePurchase: Handler<Place, Deps> = transactional(
  async (ctx, { items, shownDiscount = 0, ...params }) => {
    const { currency, coupons = [] } = params;
    const lines = items.map(({ price, ...line }, i) => ({
      ...line,
      priceMinor: toMinor(price, currency, `/items/${i}/price`),
    }));
    const named = { ...params, coupons, lines };
    const expected = { required: [], shownMinor: toMinor(shownDiscount, currency, "/shownDiscount") };
    return withDiscounts(ctx, { ...named, ...expected }, (discounts) => {
      const purchase = { ...named, ...discounts };
      return withTaxes(ctx, purchase, (taxes) => placeTaxed(ctx, purchase, taxes));
    });
  },
);

async function placeTaxed(
  ctx: ActionContext<Deps> & Transactions,
  { repeated, shippingMethod = DEFAULT_SHIPPING_METHOD, request, problem: discountProblem, ...params }: Wanted,
  { problem: taxProblem, asked, ...taxes }: PurchaseTaxes,
): Promise<GuestReceipt> {
  const { giftCards, storeCredit, billingAddress = null, taxId: _, ...rest } = params;
  const { email = null } = rest;
  const orderId = newId("order");
  const spent = await planTenders(ctx, { ...rest, email, taxes: taxes.taxes, giftCards, storeCredit });
  const terms = { billingAddress, tenders: spent.tenders, ...taxes };
  const purchase: Sourced = { ...rest, ...terms, orderId, shippingMethod, email };
  const existing = async () => {
    const order = await existingOrder(ctx, purchase);
    if (order && request) await keepAnswerAlone(ctx.db, request, order);
    return order;
  };
  try {
    const earlier = repeated ? await existing() : undefined;
    if (earlier) return earlier;
    const risk = assessRisk(ctx, purchase);
    const checked = checkPurchase(ctx, { ...purchase, unpricedLines: "price-changed", asked });
    const refused: unknown = await checked.catch((error: unknown) => error);
    const refusal = refused ?? discountProblem ?? taxProblem ?? spent.problem;
    const problem = refusal ?? (await reservePurchase(ctx, purchase));
    const storeIt = async () => store(ctx, { ...purchase, risk: await risk }, request);
    const stored = problem === undefined ? await givingBack(ctx, purchase, storeIt) : undefined;
    const receipt = stored ?? (await existing());
    if (receipt) return receipt;
    throw problem ?? new DomainError("SOURCE_ABANDONED");
  } catch (error) {
    throw error instanceof AnsweredConcurrently ? new DomainError("ANSWERED_BEFORE") : error;
  }
}

/**
 * @returns undefined when the source is an order already, or was abandoned
 * @throws AnsweredConcurrently when the request was answered before
 */
function store(
  ctx: ActionContext<Deps> & Transactions,
  purchase: Sourced & { risk: Risk },
  request: IdempotentRequest | undefined,
): Promise<GuestReceipt | undefined> {
  return ctx.transaction(async (tx) => {
    const receipt = await storeOrder(ctx, tx, purchase);
    const answer = receipt && withToken(ctx, receipt, purchase);
    if (answer && request) keepAnswer(tx, request, answer, false);
    return answer;
  });
}

/**
 * The order that the source of a purchase has become.
 * @throws DomainError SOURCE_ORDERED when that order is another purchase, SOURCE_ABANDONED when it was cancelled as well
 */
async function existingOrder(ctx: ActionContext<Deps>, purchase: Sourced): Promise<GuestReceipt | undefined> {
  const order = await findOrderOf(ctx.db, purchase.source);
  if (!order) return undefined;
  if (order.customerId !== purchase.customerId) throw new Error(`${purchase.source} is an order of another customer.`);
  // Orders store the country of the shop where a request names none.
  const whole = (address: Address) => withCountry(address, ctx.env.SHOP_COUNTRY);
  const addressed = <P extends { shippingAddress: Address; billingAddress: Address | null }>(terms: P): P => ({
    ...terms,
    shippingAddress: whole(terms.shippingAddress),
    billingAddress: terms.billingAddress && whole(terms.billingAddress),
  });
  if (!sameTerms(addressed(order), addressed(purchase))) {
    const code = order.status === "cancelled" ? "SOURCE_ABANDONED" : "SOURCE_ORDERED";
    throw new DomainError(code, undefined, { orderId: order.orderId });
  }
  return withToken(ctx, receiptView(order), order);
}

/** Only guests need a token: customers have an account. */
function withToken(ctx: ActionContext<Deps>, receipt: Receipt, { email }: { email: string | null }): GuestReceipt {
  return email === null ? receipt : { ...receipt, orderToken: orderTokenOf(ctx, receipt.orderId) };
}
