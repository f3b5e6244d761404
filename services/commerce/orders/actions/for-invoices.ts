import type { Handler } from "#mixins/service/context.ts";
import { isDeal } from "#services/product/promotions/contract.ts";
import type { orders } from "../contract.ts";
import { orderLimits } from "../domain/limits.ts";
import { findOrders, type OrderRow } from "../orders.store.ts";

export const forInvoices: Handler<typeof orders.actions.forInvoices> = async (ctx, { orderIds }) => {
  const found = await findOrders(ctx.db, orderIds);
  let lines = 0;
  const fits = found.findIndex((order) => {
    lines += order.lines.length;
    return lines > orderLimits.LINES_PER_ANSWER;
  });
  const count = fits === -1 ? found.length : fits;
  return {
    orders: found.slice(0, count).map(orderToInvoice),
    later: found.slice(count).map(({ orderId }) => orderId),
  };
};

function orderToInvoice(order: OrderRow) {
  const { orderId, customerId, email, totalMinor, currency, shippingAddress, billingAddress, taxes, taxId } = order;
  const discounts = order.discounts.map(({ promotionId, code, ...discount }) => ({
    ...discount,
    ...(code === undefined || isDeal({ promotionId }) ? {} : { code }),
  }));
  return {
    ...{
      orderId,
      customerId,
      email,
      totalMinor,
      currency,
      shippingAddress,
      billingAddress,
      taxes: taxes.map(({ included = true, ...tax }) => ({ ...tax, included })),
      taxId: taxId && { number: taxId.number },
    },
    lines: order.lines.map(({ sku, title, quantity, priceMinor, discountMinor = 0 }, at) => {
      const its = order.lineTaxes[at] ?? [];
      return {
        ...{ sku, title, quantity, priceMinor },
        ...(discountMinor === 0 ? {} : { discountMinor }),
        ...(its.length === 0 ? {} : { taxes: [...its] }),
      };
    }),
    ...(discounts.length === 0 ? {} : { discounts }),
    tenders: order.tenders.map(({ type, amountMinor, ...tender }) => ({
      ...{ type, amountMinor },
      ...("last4" in tender ? { last4: tender.last4 } : {}),
    })),
    createdAt: order.createdAt.toISOString(),
  };
}
