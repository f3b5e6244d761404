import { owns } from "#lib/contract/access.ts";
import { DomainError, type FieldError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { toMinor } from "#lib/contract/money.ts";
import type { ParamsOf } from "#lib/contract/types.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { orders, Receipt } from "../contract.ts";
import type { Line } from "../domain/lines.ts";
import { DEFAULT_SHIPPING_METHOD } from "../domain/shipping-methods.ts";
import type { Deps } from "../setup.ts";
import { assessRisk } from "../steps/assess-risk.ts";
import { checkPurchase } from "../steps/check-purchase.ts";
import { type PurchaseDiscounts, withDiscounts } from "../steps/purchase-discounts.ts";
import { type PurchaseTaxes, withTaxes } from "../steps/purchase-taxes.ts";
import { givingBack, reservePurchase } from "../steps/reserve-purchase.ts";
import { storeOrder } from "../steps/store-order.ts";

type Params = ParamsOf<typeof orders.actions.create>;

/** Places an order for products that the client names, at the prices that the customer was shown. */
export const createOrder: Handler<typeof orders.actions.create, Deps> = transactional(async (ctx, params) => {
  const { customerId, currency = DEFAULT_CURRENCY } = params;
  if (!owns(ctx.auth, customerId, "orders:write"))
    throw new DomainError("FORBIDDEN", "Customers order for themselves.");
  const coupons = params.couponCode === undefined ? [] : [params.couponCode];
  const named = { ...params, coupons, currency, lines: await resolveItems(ctx, params.items, currency) };
  return withDiscounts(ctx, { ...named, required: coupons, shownMinor: 0 }, (discounts) => {
    const purchase = { ...named, ...discounts };
    return withTaxes(ctx, purchase, (taxes) => create(ctx, purchase, taxes));
  });
});

type Purchase = Params & PurchaseDiscounts & { currency: string; coupons: readonly string[] };

async function create(
  ctx: ActionContext<Deps> & Transactions,
  { lines, currency, discounts, coupons, problem, ...params }: Purchase,
  { problem: taxProblem, asked, ...taxes }: PurchaseTaxes,
): Promise<Receipt> {
  const { customerId, shippingAddress, paymentMethodId } = params;
  if (taxProblem !== undefined) throw taxProblem;
  const orderId = newId("order");
  const [risk] = await Promise.all([
    assessRisk(ctx, { ...params, orderId, lines, currency, taxes: taxes.taxes }),
    checkPurchase(ctx, { customerId, shippingAddress, lines, currency, unpricedLines: "invalid-currency", asked }),
  ]);
  const order = { orderId, customerId, currency, discounts, lines };
  const refusal = problem ?? (await reservePurchase(ctx, order));
  if (refusal !== undefined) throw refusal;
  const receipt = await givingBack(ctx, order, () =>
    ctx.transaction((tx) =>
      storeOrder(ctx, tx, {
        ...order,
        risk,
        coupons,
        shippingAddress,
        paymentMethodId,
        shippingMethod: DEFAULT_SHIPPING_METHOD,
        email: null,
        source: null,
        billingAddress: params.billingAddress ?? null,
        tenders: [],
        ...taxes,
      }),
    ),
  );
  if (!receipt) throw new Error("An order without a source was not stored, as if its source were an order already.");
  return receipt;
}

/** @throws DomainError UNKNOWN_PRODUCT or VALIDATION_FAILED with the items that name no single variant */
async function resolveItems(ctx: ActionContext<Deps>, items: Params["items"], currency: string): Promise<Line[]> {
  const prices = items.map(({ price }, i) => toMinor(price, currency, `/items/${i}/price`));
  const named = items.map(({ productId, sku }) => (sku === undefined ? { productId } : { productId, sku }));
  const resolved = (await ctx.call("catalog.resolve", { items: named })).items;
  const unknown: FieldError[] = [];
  const ambiguous: FieldError[] = [];
  const lines: Line[] = [];
  for (const [i, { productId, quantity, sellerId }] of items.entries()) {
    const found = resolved[i];
    const priceMinor = prices[i];
    if (!found || priceMinor === undefined) throw new Error("The catalog did not answer for every item.");
    if (!("problem" in found)) {
      const { sku, title } = found;
      lines.push({ productId, sku, title, quantity, priceMinor, ...(sellerId === undefined ? {} : { sellerId }) });
    } else if (found.problem === "SKU_REQUIRED")
      ambiguous.push({ path: `/items/${i}/sku`, message: "is required: the product has several variants" });
    else
      unknown.push({ path: `/items/${i}/${found.sku === undefined ? "productId" : "sku"}`, message: "is not known" });
  }
  if (unknown.length > 0) throw new DomainError("UNKNOWN_PRODUCT", undefined, { errors: [...unknown, ...ambiguous] });
  if (ambiguous.length > 0) throw new DomainError("VALIDATION_FAILED", undefined, { errors: ambiguous });
  return lines;
}
