import { setTimeout as sleep } from "node:timers/promises";
import { DomainError } from "#lib/contract/errors.ts";
import { toMajor, toMinor } from "#lib/contract/money.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import type { PaymentsDeps } from "../deps.ts";
import { paymentLimits } from "../domain/limits.ts";
import { judge } from "../domain/payable.ts";
import { readLiveOperation } from "../operation.store.ts";
import { startPayments } from "../operations/start.ts";
import { isKnown, lockPayable } from "../payable.store.ts";
import { lockPayments, readPayment } from "../payments.store.ts";
import { invalid, notPayable } from "../problems.ts";
import { authorizationOf } from "../view.ts";
import { answered, clientKeyOf, earlierOperation } from "./perform.ts";

const LOOK_MS = 50;

type Params = ParamsOf<typeof payments.actions.authorize>;
type Authorization = ResultOf<typeof payments.actions.authorize>;
type Intent = { kind: "answer"; answer: Authorization } | { kind: "asked"; paymentId: string; operationId: string };

/**
 * Holds an order's total. Where the saga, or an earlier request, has begun a payment that lives, that is the answer:
 * an order is never charged twice.
 */
export const authorize: Handler<typeof payments.actions.authorize, PaymentsDeps> = transactional(
  async (ctx, params) => {
    await heardOf(ctx, params.orderId);
    const intent = await ctx.transaction((tx) => intend(ctx, tx, params));
    if (intent.kind === "answer") return intent.answer;
    await answered(ctx, intent.operationId);
    const stored = await readPayment(ctx.db, intent.paymentId);
    if (!stored) throw new Error(`${intent.paymentId} has vanished.`);
    return authorizationOf(stored);
  },
);

async function intend(
  ctx: ActionContext<PaymentsDeps> & Transactions,
  tx: Transaction,
  params: Params,
): Promise<Intent> {
  const payable = await lockPayable(tx, params.orderId);
  const client = clientKeyOf(ctx, params);
  const earlier = await earlierOperation(tx, "authorize", client);
  if (earlier) return { kind: "asked", paymentId: earlier.paymentId, operationId: earlier.operationId };
  // Locked, so that its state and the operation it waits for are of one moment.
  const [latest] = payable?.paymentId ? await lockPayments(tx, [payable.paymentId]) : [];
  const verdict = judge(
    payable ?? null,
    {
      customerId: params.customerId,
      methodId: params.paymentMethodId,
      amountMinor: (currency) => toMinor(params.amount, currency),
    },
    latest ? { state: latest.payment.state, methodId: latest.methodId } : null,
  );
  switch (verdict.kind) {
    case "unknownOrder":
      throw invalid("/orderId", "There is no such order to pay.", "must be an order that can be paid");
    case "foreignOrder":
      throw new DomainError("NOT_FOUND");
    case "wrongAmount": {
      const total = payable?.created ? `${toMajor(verdict.amountMinor, payable.created.currency)}` : "";
      throw invalid("/amount", "An order is paid whole.", `must be the order's total, ${total}`);
    }
    case "notPayable":
      throw notPayable();
    case "newPayment": {
      if (!payable?.created) throw notPayable();
      const created = { ...payable.created, paymentMethodId: params.paymentMethodId };
      const [begun] = await startPayments(tx, [{ orderId: params.orderId, created, cause: ctx.cause, client }]);
      if (!begun) throw new Error("No payment was begun.");
      tx.afterCommit(() => ctx.deps.operations.take([begun.operationId]));
      return { kind: "asked", ...begun };
    }
    case "existing": {
      if (!latest) throw new Error(`${verdict.paymentId} has vanished.`);
      const { paymentId, payment } = latest;
      if (payment.state !== "authorizing" && payment.state !== "confirming") {
        return { kind: "answer", answer: authorizationOf(latest) };
      }
      const live = await readLiveOperation(tx, paymentId);
      if (!live) throw new Error(`${paymentId} waits for no operation.`);
      return { kind: "asked", paymentId, operationId: live.operationId };
    }
    default:
      return verdict satisfies never;
  }
}

/** A client may be faster than the event that tells of its order: give that a moment. */
async function heardOf(ctx: ActionContext<PaymentsDeps> & Transactions, orderId: string): Promise<void> {
  const deadline = performance.now() + paymentLimits.PAYABLE_WAIT_MS;
  while (!(await isKnown(ctx.db, orderId)) && performance.now() < deadline) await sleep(LOOK_MS);
}
