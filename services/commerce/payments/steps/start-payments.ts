import { newId } from "#lib/contract/ids.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { shouldAuthorize } from "../domain/payable.ts";
import { type ClientKey, newPayment } from "../domain/payment.ts";
import { insertOperations } from "../operations.store.ts";
import type { StoredPayable } from "../payables.store.ts";
import { insertPayments } from "../payments.store.ts";
import { newOperation } from "./record-decisions.ts";

/** A payment to begin. The caller has locked its payable. */
export interface Start {
  orderId: string;
  created: NonNullable<StoredPayable["created"]>;
  cause: Cause;
  client?: ClientKey | undefined;
  /** Where they are fixed already; new ones otherwise. */
  ids?: { paymentId: string; operationId: string };
}

/** Begins payments, each with the operation that authorises it. @returns the ids of payments and operations */
export async function startPayments(
  tx: Transaction,
  starts: readonly Start[],
): Promise<{ paymentId: string; operationId: string }[]> {
  const fresh = starts.map(({ orderId, created, cause, client, ids }) => {
    const { payment, operation } = newPayment(created.amountMinor);
    const paymentId = ids?.paymentId ?? newId("payment");
    const { customerId, currency, paymentMethodId: methodId } = created;
    return {
      payment: { paymentId, orderId, customerId, currency, methodId, payment },
      operation: {
        ...newOperation(paymentId, operation, payment, cause, client),
        ...(ids ? { operationId: ids.operationId } : {}),
      },
    };
  });
  insertPayments(
    tx,
    fresh.map(({ payment }) => payment),
  );
  insertOperations(
    tx,
    fresh.map(({ operation }) => operation),
  );
  return fresh.map(({ payment, operation }) => ({ paymentId: payment.paymentId, operationId: operation.operationId }));
}

/** Begins the payments of those orders that are ready for it. @returns the ids of their operations */
export async function startReadyPayments(
  tx: Transaction,
  payables: readonly StoredPayable[],
  causes: ReadonlyMap<string, Cause>,
): Promise<string[]> {
  const starts = payables.flatMap((payable): Start[] => {
    const cause = causes.get(payable.orderId);
    return cause && payable.created && shouldAuthorize(payable)
      ? [{ orderId: payable.orderId, created: payable.created, cause }]
      : [];
  });
  if (starts.length === 0) return [];
  return (await startPayments(tx, starts)).map(({ operationId }) => operationId);
}
