import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { toMajor, toMinor } from "#lib/contract/money.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { decide } from "../domain/decide.ts";
import {
  alreadyCaptured,
  invalidField,
  orderNotPayable,
  paymentDeclined,
  providerUnavailable,
} from "../domain/errors.ts";
import { paymentLimits } from "../domain/limits.ts";
import { judgeRequest } from "../domain/payable.ts";
import type { Decline } from "../domain/payment.ts";
import { readLiveOperation } from "../operations.store.ts";
import { isKnown, lockPayables } from "../payables.store.ts";
import { lockPayments, readPayment } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { Changes } from "../steps/changes.ts";
import { holdsOrderToken } from "../steps/order-token.ts";
import { clientKeyOf, earlierOperation, waitForResult } from "../steps/request-operation.ts";
import { authorizationOf } from "../view.ts";

const LOOK_MS = 50;

type Params = ParamsOf<typeof payments.actions.authorize>;
type Authorization = ResultOf<typeof payments.actions.authorize>;
type Begun =
  | { kind: "answered"; answer: Authorization }
  | { kind: "inFlight"; paymentId: string; operationId: string }
  | { kind: "declined"; paymentId: string; decline: Decline };

/**
 * Holds an order's total. If the saga or an earlier request has begun a live payment, that payment is the answer: an order
 * is never charged twice. Only a payment that waits for its customer gives way to another method, once it is voided.
 */
export const authorize: Handler<typeof payments.actions.authorize, PaymentsDeps> = transactional(
  async (ctx, params) => {
    ctx.requireOwner(params.customerId, await holdsOrderToken(ctx, params.orderId));
    await waitUntilKnown(ctx, params.orderId);
    const deadline = performance.now() + ctx.deps.operations.timings.waitMs;
    do {
      const begun = await ctx.transaction((tx) => begin(ctx, tx, params));
      if (begun.kind === "answered") return begun.answer;
      if (begun.kind === "declined") throw paymentDeclined(begun.decline, { paymentId: begun.paymentId });
      const { settled } = await waitForResult(ctx, begun.operationId);
      const stored = await readPayment(ctx.db, begun.paymentId);
      if (!stored) throw new Error(`${begun.paymentId} is missing.`);
      const waitsForCustomer = stored.payment.state === "requires_action";
      if (!waitsForCustomer || stored.methodId === params.paymentMethodId) {
        return authorizationOf(stored, settled.answer.kind === "authorized");
      }
      // The method of another request has come to wait for its customer, so this one's can be tried in its place now.
    } while (performance.now() < deadline);
    throw providerUnavailable();
  },
);

async function begin(ctx: ActionContext<PaymentsDeps> & Transactions, tx: Transaction, params: Params): Promise<Begun> {
  const [payable] = await lockPayables(tx, [params.orderId]);
  const client = clientKeyOf(ctx, params);
  const earlier = await earlierOperation(tx, "authorize", client);
  if (earlier) return { kind: "inFlight", paymentId: earlier.paymentId, operationId: earlier.operationId };
  // The lock makes its state and its operation in flight fit together.
  const [latest] = payable?.paymentId ? await lockPayments(tx, [payable.paymentId]) : [];
  const verdict = judgeRequest(
    payable ?? null,
    {
      customerId: params.customerId,
      methodId: params.paymentMethodId,
      amountMinor: (currency) => toMinor(params.amount, currency),
    },
    latest ? { state: latest.payment.state, goal: latest.payment.goal.kind, methodId: latest.methodId } : null,
  );
  switch (verdict.kind) {
    case "unknownOrder":
      throw invalidField("/orderId", "There is no such order to pay.", "must be an order that can be paid");
    case "foreignOrder":
      throw new DomainError("NOT_FOUND");
    case "wrongAmount": {
      const total = payable?.created ? `${toMajor(verdict.amountMinor, payable.created.currency)}` : "";
      throw invalidField("/amount", "An order is paid whole.", `must be the order's total, ${total}`);
    }
    case "notPayable":
      throw orderNotPayable();
    case "underReview":
      throw new DomainError("ORDER_UNDER_REVIEW");
    case "newPayment": {
      if (!payable?.created) throw orderNotPayable();
      const created = { ...payable.created, paymentMethodId: params.paymentMethodId };
      const changes = new Changes(ctx.deps.operations);
      const { stored, operationId } = changes.start({ orderId: params.orderId, created, cause: ctx.cause, client });
      const { paymentId } = stored;
      changes.setPayable({ ...payable, paymentId }, { isKnown: true });
      const decline = (await changes.write(tx)).get(paymentId);
      return decline ? { kind: "declined", paymentId, decline } : { kind: "inFlight", paymentId, operationId };
    }
    case "replace": {
      if (!latest) throw new Error(`${params.orderId} has no payment to replace.`);
      const replacement = {
        paymentId: newId("payment"),
        operationId: newId("operation"),
        methodId: params.paymentMethodId,
        client,
      };
      const decision = decide(latest.payment, { kind: "replace", replacement });
      if (decision.kind !== "next") throw new DomainError("INVALID_PAYMENT_STATE");
      const changes = new Changes(ctx.deps.operations);
      changes.decide(latest, decision, { cause: ctx.cause });
      await changes.write(tx);
      return { kind: "inFlight", ...replacement };
    }
    case "paidOtherwise":
      throw alreadyCaptured(verdict.paymentId);
    case "existing": {
      if (!latest) throw new Error(`${verdict.paymentId} is missing.`);
      const { paymentId, payment } = latest;
      if (payment.state === "voiding" && payment.goal.kind === "replace") {
        return { kind: "inFlight", ...payment.goal.replacement };
      }
      if (payment.state !== "authorizing" && payment.state !== "confirming") {
        return { kind: "answered", answer: authorizationOf(latest) };
      }
      const live = await readLiveOperation(tx, paymentId);
      if (!live) throw new Error(`${paymentId} is busy without an operation in flight.`);
      return { kind: "inFlight", paymentId, operationId: live.operationId };
    }
    default:
      return verdict satisfies never;
  }
}

/** A client may be faster than the event of its order, so the request waits a moment for it. */
async function waitUntilKnown(ctx: ActionContext<PaymentsDeps> & Transactions, orderId: string): Promise<void> {
  const deadline = performance.now() + paymentLimits.PAYABLE_WAIT_MS;
  while (!(await isKnown(ctx.db, orderId)) && performance.now() < deadline) await sleep(LOOK_MS);
}
