import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { Amount, toMajor } from "#lib/contract/money.ts";
import { fits } from "#lib/contract/validation.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { orders, type Receipt } from "../contract.ts";
import { totalMinor } from "../domain/lines.ts";
import { insertOrder, type Purchase } from "../orders.store.ts";
import { lineViews, receiptView } from "../view.ts";

/**
 * Stores a checked purchase as a new order and starts the saga.
 * @returns undefined when its source is an order already
 * @throws DomainError VALIDATION_FAILED when the total is too large
 */
export async function storeOrder(
  ctx: Pick<ServiceContext, "cause" | "node">,
  tx: Transaction,
  checked: Omit<Purchase, "orderId" | "totalMinor">,
): Promise<Receipt | undefined> {
  const { customerId, currency, lines, paymentMethodId } = checked;
  const purchase = { ...checked, orderId: newId("order"), totalMinor: requireTotal(checked) };
  const { causationId: cause, correlationId } = ctx.cause;
  const inserted = await insertOrder(tx, purchase, {
    cause,
    correlationId,
    service: orders.name,
    node: ctx.node,
    attempts: 1,
  });
  if (!inserted) return undefined;
  const receipt = receiptView({
    ...purchase,
    ...inserted,
    status: "pending_payment",
    paymentStatus: "pending",
    reason: null,
  });
  // There is no signal `orders.changed` here: nobody can wait for an order before its id is known.
  tx.emit(orders.events.OrderCreated, {
    orderId: purchase.orderId,
    customerId,
    items: lineViews(lines, currency),
    totalAmount: receipt.totalAmount,
    currency,
    status: "pending_payment",
    paymentMethodId,
  });
  return receipt;
}

/** @throws DomainError VALIDATION_FAILED when the total is larger than the contract's amounts can be */
function requireTotal({ lines, currency }: Pick<Purchase, "lines" | "currency">): number {
  const total = totalMinor(lines, Number.MAX_SAFE_INTEGER);
  if (total !== null && fits(Amount, toMajor(total, currency))) return total;
  throw new DomainError("VALIDATION_FAILED", "The order is too large.", {
    errors: [{ path: "/items", message: "must not cost more than can be paid at once" }],
  });
}
