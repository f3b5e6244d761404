import type { CallResult } from "#lib/contract/types.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import type { DocumentPayment } from "../domain/document.ts";
import type { InvoicedOrder } from "../domain/draft.ts";

type Context = Pick<ServiceContext, "call">;
type Name = CallResult<"customers.names">["customers"][number];
type Method = CallResult<"payments.methodsOf">["orders"][number]["paymentMethod"];

/** What other services know of an order that is invoiced. */
export interface KnownOrder {
  order: InvoicedOrder;
  name: Name | undefined;
  method: Omit<DocumentPayment, "amountMinor">;
}

/** Asks orders, payments and customers about many orders at once. Unknown orders are left out. */
export async function readOrders(ctx: Context, orderIds: readonly string[]): Promise<Map<string, KnownOrder>> {
  const [orders, { orders: paid }] = await Promise.all([
    readOrderContents(ctx, orderIds),
    ctx.call("payments.methodsOf", { orderIds: [...orderIds] }),
  ]);
  // A guest has no account, and the email that the order knows.
  const customerIds = [...new Set(orders.flatMap(({ email, customerId }) => (email === null ? customerId : [])))];
  const { customers } =
    customerIds.length === 0 ? { customers: [] } : await ctx.call("customers.names", { customerIds });
  const names = new Map(customers.map((customer) => [customer.customerId, customer]));
  const methods = new Map(paid.map(({ orderId, paymentMethod }) => [orderId, paymentMethod]));
  return new Map(
    orders.map((order) => [
      order.orderId,
      { order, name: names.get(order.customerId), method: methodOf(methods.get(order.orderId) ?? null) },
    ]),
  );
}

async function readOrderContents(ctx: Context, orderIds: readonly string[]): Promise<InvoicedOrder[]> {
  const found: InvoicedOrder[] = [];
  let wanted = [...orderIds];
  while (wanted.length > 0) {
    const { orders, later } = await ctx.call("orders.forInvoices", { orderIds: wanted });
    found.push(...orders);
    wanted = later.length < wanted.length ? later : []; // each answer has one order at least
  }
  return found;
}

function methodOf(method: Method): KnownOrder["method"] {
  if (method === null) return { type: "other" };
  const { type } = method;
  const name = "wallet" in method ? method.wallet : "bank" in method ? method.bank : undefined;
  const last4 = "last4" in method ? method.last4 : undefined;
  return { type, ...(name === undefined ? {} : { name }), ...(last4 === undefined ? {} : { last4 }) };
}
