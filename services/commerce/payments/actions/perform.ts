import { DomainError } from "#lib/contract/errors.ts";
import { toMajor, toMinor } from "#lib/contract/money.ts";
import { callerOf, requestHash } from "#lib/sql/idempotency-keys.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ActionContext, Transactions } from "#mixins/service/context.ts";
import type { PaymentsDeps } from "../deps.ts";
import { decide } from "../domain/decide.ts";
import type { OperationKind } from "../domain/operation.ts";
import type { Input } from "../domain/payment.ts";
import { type ClientKey, readLiveOperation, readOperationOf, type StoredOperation } from "../operation.store.ts";
import { record } from "../operations/record.ts";
import { lockPayments, type StoredPayment } from "../payments.store.ts";
import { invalid, providerSilent } from "../problems.ts";

type Context = ActionContext<PaymentsDeps> & Transactions;
type Settled = StoredOperation & { settled: NonNullable<StoredOperation["settled"]> };

/** What a request came to: an operation that is over, or a payment that needed none. */
export type Performed = { stored: StoredPayment; operation: Settled | undefined };

type Intent =
  | { kind: "asked"; operationId: string; stored: StoredPayment }
  | { kind: "busy"; operationId: string }
  | { kind: "done"; stored: StoredPayment };

/**
 * Does one thing to a payment on somebody's request: writes the intent, lets the provider be asked, waits for the
 * answer. The same request with the same key finds its own operation, whatever crashed in between.
 */
export async function perform(
  ctx: Context,
  kind: OperationKind,
  params: { paymentId: string },
  inputFor: (stored: StoredPayment) => Input,
): Promise<Performed> {
  const client = clientKeyOf(ctx, params);
  const deadline = performance.now() + ctx.deps.operations.timings.waitMs;
  do {
    const intent = await ctx.transaction((tx) => intend(ctx, tx, kind, params.paymentId, client, inputFor));
    if (intent.kind === "done") return { stored: intent.stored, operation: undefined };
    const operation = await answered(ctx, intent.operationId);
    if (intent.kind === "asked") return { stored: intent.stored, operation };
    // Somebody else's operation is over; now it is this request's turn, or the next one's.
  } while (performance.now() < deadline);
  throw providerSilent();
}

async function intend(
  ctx: Context,
  tx: Transaction,
  kind: OperationKind,
  paymentId: string,
  client: ClientKey | undefined,
  inputFor: (stored: StoredPayment) => Input,
): Promise<Intent> {
  const [stored] = await lockPayments(tx, [paymentId]);
  if (!stored) throw new DomainError("NOT_FOUND");
  const input = inputFor(stored);
  const earlier = await earlierOperation(tx, kind, client);
  if (earlier) return { kind: "asked", operationId: earlier.operationId, stored };
  const decision = decide(stored.payment, input);
  switch (decision.kind) {
    case "next": {
      const [operationId] = await record(tx, [{ stored, decision, cause: ctx.cause, client }]);
      if (operationId === undefined) return { kind: "done", stored };
      tx.afterCommit(() => ctx.deps.operations.take([operationId]));
      return { kind: "asked", operationId, stored };
    }
    case "nothing":
      return { kind: "done", stored };
    case "busy": {
      const live = await readLiveOperation(tx, paymentId);
      if (!live) throw new Error(`${paymentId} waits for no operation.`);
      return { kind: "busy", operationId: live.operationId };
    }
    case "refused": {
      if (decision.code === "INVALID_PAYMENT_STATE") throw new DomainError("INVALID_PAYMENT_STATE");
      const remaining = toMajor(decision.remainingMinor, stored.currency);
      throw new DomainError(decision.code, `At most ${remaining} ${stored.currency} is left.`, { remaining });
    }
    case "contradiction":
      throw new Error(`${input.kind} is no request.`);
    default:
      return decision satisfies never;
  }
}

/** Whose key this is. Operations keep it, because the intent commits long before the answer. */
export function clientKeyOf(ctx: Context, params: object): ClientKey | undefined {
  if (ctx.idempotencyKey === undefined) return undefined;
  return { client: callerOf(ctx.auth, ctx.address), key: ctx.idempotencyKey, hash: requestHash(params) };
}

/**
 * What this very request has begun before.
 * @throws DomainError IDEMPOTENCY_KEY_REUSED when the key stands for another request
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
export async function answered(ctx: Context, operationId: string): Promise<Settled> {
  const operation = await ctx.deps.operations.settled(operationId);
  if (!operation?.settled) throw providerSilent();
  return { ...operation, settled: operation.settled };
}

/** An amount somebody asks to move, in minor units. @throws DomainError VALIDATION_FAILED for nothing at all */
export function amountToMove(amount: number, currency: string): number {
  const minor = toMinor(amount, currency);
  if (minor === 0) throw invalid("/amount", "There is nothing to move.", "must be greater than 0");
  return minor;
}
