import type { Log } from "#lib/log.ts";
import { backoffMs } from "#lib/work-queue/backoff.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import { keyOf, nextStep, type Result } from "../domain/operation.ts";
import type { ClaimedOperation } from "../operations.store.ts";
import { type PaymentProvider, type ProviderRequest, SpentKey, sendRequest } from "../providers/provider.ts";
import type { Outcome } from "./record-outcomes.ts";

export interface AttemptTimings {
  /** The provider's time to answer one call. */
  timeoutMs: number;
  backoffMs: number;
  backoffCapMs: number;
  /** How long the provider may go on working on a request after it has failed it. */
  settlingMs: number;
}

interface AttemptOptions {
  provider: PaymentProvider;
  timings: AttemptTimings;
  log: Log;
}

const RETURNS_MONEY: ReadonlySet<string> = new Set(["void", "refund"]);
const ERROR_CHARS = 1_000;

/**
 * Carries out an operation with the provider. Anything but an answer leaves the outcome unknown: the provider may have
 * done everything, so a time-out is never taken for a decline.
 */
export async function attemptOperation(operation: ClaimedOperation, options: AttemptOptions): Promise<Outcome> {
  const { operationId, paymentId, kind, attempts } = operation;
  const { log, timings } = options;
  try {
    const answer = await askProvider(operation, options);
    if (!answer) return { operation, kind: "unknown", key: "next", error: "The key was spent.", delayMs: 0 };
    if (answer.kind === "declined" && RETURNS_MONEY.has(kind)) {
      const { code } = answer.decline;
      log.warn("The provider refuses to return money.", { operation: operationId, payment: paymentId, kind, code });
    }
    return { operation, kind: "settled", answer };
  } catch (error) {
    const reason = String(error);
    log.warn("The outcome of a payment operation is unknown; the provider is asked again.", {
      operation: operationId,
      kind,
      attempts,
      reason,
    });
    const spent = error instanceof SpentKey;
    return {
      operation,
      kind: "unknown",
      key: spent ? "spent" : "same",
      error: reason.slice(0, ERROR_CHARS),
      delayMs: spent
        ? timings.settlingMs
        : backoffMs(attempts, { firstMs: timings.backoffMs, capMs: timings.backoffCapMs }),
    };
  }
}

/** @returns undefined when the operation is to continue under its next key */
async function askProvider(
  operation: ClaimedOperation,
  { provider, timings: { settlingMs, timeoutMs } }: AttemptOptions,
): Promise<Result | undefined> {
  const { lookup, otherwise } = nextStep(operation, operation.goal, settlingMs);
  const request = requestFor(operation);
  const known =
    lookup === "none"
      ? undefined
      : await withTimeout(provider.name, timeoutMs, (signal) => provider.find(request, signal, lookup === "complete"));
  if (known) return known;
  switch (otherwise) {
    case "send":
      return withTimeout(provider.name, timeoutMs, (signal) => sendRequest(provider, request, signal));
    case "wait":
      throw new Error("The provider repeats a failure, and may still be working on the request that failed.");
    case "renewKey":
      return undefined;
    case "abandon":
      return { kind: "abandoned" };
    default:
      return otherwise satisfies never;
  }
}

function requestFor(operation: ClaimedOperation): ProviderRequest {
  const { operationId, generation, paymentId, orderId, currency, amountMinor, kind } = operation;
  const key = keyOf(operation);
  const common = {
    operationId,
    key,
    spentKeys: Array.from({ length: generation }, (_, spent) => keyOf({ operationId, generation: spent })),
    since: operation.createdAt,
    until: operation.sentUntil,
    paymentId,
    orderId,
    currency,
    amountMinor,
  };
  if (kind === "authorize") {
    return { ...common, kind, customerId: operation.customerId, methodId: operation.methodId };
  }
  return { ...common, kind, reference: operation.reference ?? "", reason: operation.reason };
}
