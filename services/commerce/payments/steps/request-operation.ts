import { DomainError } from "#lib/contract/errors.ts";
import { toMajor, toMinor } from "#lib/contract/money.ts";
import { callerOf, requestHash } from "#lib/sql/idempotency-keys.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ActionContext, Transactions } from "#mixins/service/context.ts";
import { decide } from "../domain/decide.ts";
import { invalidField, providerUnavailable } from "../domain/errors.ts";
import type { OperationKind } from "../domain/operation.ts";
import type { ClientKey, Input } from "../domain/payment.ts";
import { readLiveOperation, readOperationOf, type StoredOperation } from "../operations.store.ts";
import { lockPayments, type StoredPayment } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { Changes } from "./changes.ts";

type Context = ActionContext<PaymentsDeps> & Transactions;
type Settled = StoredOperation & { settled: NonNullable<StoredOperation["settled"]> };

/** The result of a request: an operation that has ended, or a payment that needed none. */
export type Performed = { stored: StoredPayment; operation: Settled | undefined };

type Begun =
  /** The operation of this request. */
  | { kind: "begun"; operationId: string; stored: StoredPayment }
  /** An operation of another request is in flight. */
  | { kind: "busy"; operationId: string }
  | { kind: "nothingToDo"; stored: StoredPayment };

/**
 * Carries out a client's request on a payment: stores the operation, lets the queue send it, and waits for the answer. The
 * same request with the same key finds its own operation, even after a crash in between.
 * @throws DomainError NOT_FOUND, INVALID_PAYMENT_STATE, AMOUNT_TOO_HIGH, PROVIDER_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED
 */
export async function requestOperation(
  ctx: Context,
  kind: OperationKind,
  params: { paymentId: string },
  inputFor: (stored: StoredPayment) => Input,
): Promise<Performed> {
  const client = clientKeyOf(ctx, params);
  const deadline = performance.now() + ctx.deps.operations.timings.waitMs;
  do {
    const begun = await ctx.transaction((tx) => begin(ctx, tx, kind, params.paymentId, client, inputFor));
    if (begun.kind === "nothingToDo") return { stored: begun.stored, operation: undefined };
    const operation = await waitForResult(ctx, begun.operationId);
    if (begun.kind === "begun") return { stored: begun.stored, operation };
    // The operation of another request has ended, so this one can be decided now.
  } while (performance.now() < deadline);
  throw providerUnavailable();
}

async function begin(
  ctx: Context,
  tx: Transaction,
  kind: OperationKind,
  paymentId: string,
  client: ClientKey | undefined,
  inputFor: (stored: StoredPayment) => Input,
): Promise<Begun> {
  const [stored] = await lockPayments(tx, [paymentId]);
  if (!stored) throw new DomainError("NOT_FOUND");
  const input = inputFor(stored);
  const earlier = await earlierOperation(tx, kind, client);
  if (earlier) return { kind: "begun", operationId: earlier.operationId, stored };
  const decision = decide(stored.payment, input);
  switch (decision.kind) {
    case "next": {
      const changes = new Changes(ctx.deps.operations);
      const { operationId } = changes.decide(stored, decision, { cause: ctx.cause, client });
      await changes.write(tx);
      if (operationId === undefined) return { kind: "nothingToDo", stored };
      return { kind: "begun", operationId, stored };
    }
    case "nothing":
      return { kind: "nothingToDo", stored };
    case "busy": {
      const live = await readLiveOperation(tx, paymentId);
      if (!live) throw new Error(`${paymentId} is busy without an operation in flight.`);
      return { kind: "busy", operationId: live.operationId };
    }
    case "refused": {
      if (decision.code === "INVALID_PAYMENT_STATE") throw new DomainError("INVALID_PAYMENT_STATE");
      const remaining = toMajor(decision.remainingMinor, stored.currency);
      throw new DomainError(decision.code, `At most ${remaining} ${stored.currency} is left.`, { remaining });
    }
    case "contradiction":
      throw new Error(`${input.kind} is not a request of a client.`);
    default:
      return decision satisfies never;
  }
}

/** The client and its key. Operations store it, because they commit long before the answer is known. */
export function clientKeyOf(ctx: Context, params: object): ClientKey | undefined {
  if (ctx.idempotencyKey === undefined) return undefined;
  return { client: callerOf(ctx.auth, ctx.address), key: ctx.idempotencyKey, hash: requestHash(params) };
}

/**
 * The operation that the same request began before.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED when the key was used for another request
 */
export async function earlierOperation(
  tx: Transaction,
  kind: OperationKind,
  client: ClientKey | undefined,
): Promise<StoredOperation | undefined> {
  const earlier = client && (await readOperationOf(tx, kind, client));
  if (earlier && earlier.clientHash !== client.hash) throw new DomainError("IDEMPOTENCY_KEY_REUSED");
  return earlier;
}

/** @throws DomainError PROVIDER_UNAVAILABLE when the provider takes longer than a client waits */
export async function waitForResult(ctx: Context, operationId: string): Promise<Settled> {
  const operation = await ctx.deps.operations.settled(operationId);
  if (!operation?.settled) throw providerUnavailable();
  return { ...operation, settled: operation.settled };
}

/** The requested amount in minor units. @throws DomainError VALIDATION_FAILED for 0 */
export function requestedAmount(amount: number, currency: string): number {
  const minor = toMinor(amount, currency);
  if (minor === 0) throw invalidField("/amount", "There is nothing to move.", "must be greater than 0");
  return minor;
}
