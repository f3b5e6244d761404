import { expect } from "@jest/globals";
import { newId } from "#lib/contract/ids.ts";
import type { Answer, OperationKind } from "#services/commerce/payments/domain/operation.ts";
import type { ProviderMethod, RequestOf } from "#services/commerce/payments/providers/provider.ts";

/** What is to be paid. */
export interface Payment {
  paymentId: string;
  orderId: string;
  currency: string;
  amountMinor: number;
}

export function newPayment(currency: string, amountMinor: number): Payment {
  return { paymentId: newId("payment"), orderId: newId("order"), currency, amountMinor };
}

function common({ paymentId, orderId, currency }: Payment) {
  const operationId = newId("operation");
  const [since, until] = [new Date(), new Date()];
  return { operationId, key: operationId, spentKeys: [], since, until, paymentId, orderId, currency };
}

export function authorization(payment: Payment, method: ProviderMethod): RequestOf<"authorize"> {
  const { amountMinor } = payment;
  return { ...common(payment), amountMinor, kind: "authorize", customerId: "cust_1", method };
}

export function operation<K extends Exclude<OperationKind, "authorize">>(
  payment: Payment,
  kind: K,
  reference: string,
  amountMinor = payment.amountMinor,
): RequestOf<K> {
  return { ...common(payment), amountMinor, kind, reference, reason: "a test" } as unknown as RequestOf<K>;
}

export function expectKind<K extends Answer["kind"]>(
  answer: Answer | undefined,
  kind: K,
): Extract<Answer, { kind: K }> {
  expect(answer).toMatchObject({ kind });
  return answer as Extract<Answer, { kind: K }>;
}
