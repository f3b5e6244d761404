import { withCountry } from "#lib/contract/address.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { maxMinor, toMajor } from "#lib/contract/money.ts";
import type { EventData } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { orders, type Receipt } from "../contract.ts";
import { offeredLines, orderTotalMinor } from "../domain/lines.ts";
import { soldLines } from "../domain/sold-lines.ts";
import { insertOrder, type Purchase } from "../purchases.store.ts";
import { discountViews, receiptView, tenderViews } from "../view.ts";
import { advanceOrders, ownInput } from "./advance-orders.ts";
import type { Risk } from "./assess-risk.ts";

/**
 * Stores a checked purchase as a new order and starts the saga. One that is too risky is stored as well, and cancelled in the
 * same transaction: it is under review until then, so that it is never charged, in whatever order its events arrive.
 * @returns undefined when its source is an order already, or was abandoned
 * @throws DomainError VALIDATION_FAILED when the total is too large
 */
export async function storeOrder(
  ctx: Pick<ServiceContext, "cause" | "node" | "env" | "signal">,
  tx: Transaction,
  { risk, ...checked }: Omit<Purchase, "totalMinor" | "underReview"> & { risk: Risk },
): Promise<Receipt | undefined> {
  const { customerId, currency, paymentMethodId } = checked;
  const purchase = {
    ...checked,
    underReview: risk.decision !== "accept",
    totalMinor: requireTotal(checked),
    shippingAddress: withCountry(checked.shippingAddress, ctx.env.SHOP_COUNTRY),
    billingAddress: checked.billingAddress && withCountry(checked.billingAddress, ctx.env.SHOP_COUNTRY),
  };
  const { causationId: cause, correlationId } = ctx.cause;
  const inserted = await insertOrder(tx, purchase, {
    cause,
    correlationId,
    service: orders.name,
    node: ctx.node,
    attempts: 1,
    detail: risk.decision === "accept" ? {} : { risk: risk.assessment },
  });
  if (!inserted) return undefined;
  const receipt = receiptView({
    ...purchase,
    ...inserted,
    status: "pending_payment",
    paymentStatus: "pending",
    reason: null,
  });
  const tenders = tenderViews(purchase.tenders, currency);
  // There is no signal `orders.changed` here: nobody can wait for an order before its id is known.
  const created: EventData<"orders.OrderCreated"> = {
    orderId: purchase.orderId,
    customerId,
    items: soldLines(purchase),
    totalAmount: receipt.totalAmount,
    currency,
    status: "pending_payment",
    paymentMethodId,
    country: purchase.shippingAddress.country,
    ...(purchase.discounts.length === 0 ? {} : { discounts: discountViews(purchase.discounts, currency) }),
    ...(tenders.length === 0 ? {} : { tenders }),
    ...(offeredLines(purchase.lines).length === 0 ? {} : { hasOffers: true }),
    ...(purchase.underReview ? { underReview: true } : {}),
  };
  tx.emit(orders.events.OrderCreated, created);
  if (risk.decision !== "refuse") return receipt;
  const [refused] = await advanceOrders(ctx, tx, [ownInput(ctx, purchase.orderId, { kind: "RiskRefused" })]);
  return refused ? receiptView({ ...purchase, ...inserted, ...refused.order }) : receipt;
}

/** @throws DomainError VALIDATION_FAILED when the total is larger than the contract's amounts can be */
function requireTotal({ lines, taxes, currency }: Pick<Purchase, "lines" | "taxes" | "currency">): number {
  const total = orderTotalMinor(lines, taxes, maxMinor(currency));
  if (total !== null) return total;
  const most = `${toMajor(maxMinor(currency), currency)} ${currency}`;
  throw new DomainError("VALIDATION_FAILED", `An order may cost at most ${most}.`, {
    errors: [{ path: "/items", message: `must cost at most ${most} in all` }],
  });
}
