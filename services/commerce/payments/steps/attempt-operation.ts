import type { Log } from "#lib/log.ts";
import { backoffMs } from "#lib/work-queue/backoff.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import { paymentLimits } from "../domain/limits.ts";
import { methodOf } from "../domain/method.ts";
import { answerWithoutProvider, keyOf, type NextStep, nextStep, type Result } from "../domain/operation.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import type { ClaimedOperation, Postponed } from "../operations.store.ts";
import {
  NotAsked,
  type PaymentProvider,
  type ProviderMethod,
  type ProviderRequest,
  SpentKey,
  sendRequest,
} from "../providers/provider.ts";
import type { Providers } from "../providers/providers.ts";
import { hidingToken } from "./hide-token.ts";
import type { Outcome } from "./record-outcomes.ts";
import type { ResolveMethod } from "./resolve-method.ts";

export interface AttemptTimings {
  /** The provider's time to answer one call. */
  timeoutMs: number;
  backoffMs: number;
  backoffCapMs: number;
  /** How long the provider may go on working on a request after it has failed it. */
  settlingMs: number;
}

export interface AttemptOptions {
  providers: Providers;
  timings: AttemptTimings;
  log: Log;
  resolve: ResolveMethod;
  /** Where an order goes to, if that is known. */
  countryOf(orderId: string): Promise<string | null>;
}

const RETURNS_MONEY: ReadonlySet<string> = new Set(["void", "refund"]);
const ERROR_CHARS = 1_000;
const DAY_MS = 86_400_000;

/**
 * Carries out an operation with its provider. Anything but an answer leaves the outcome unknown: the provider may have
 * done everything, so a time-out is never taken for a decline.
 */
export async function attemptOperation(operation: ClaimedOperation, options: AttemptOptions): Promise<Outcome> {
  const { operationId, paymentId, kind } = operation;
  try {
    const asked = await askProvider(operation, options);
    if (asked.kind === "elsewhere") return moved(operation, asked.provider, "The method is saved with that provider.");
    if (asked.kind === "spent") return postponed(operation, { key: "next", error: "The key was spent.", delayMs: 0 });
    const { answer } = asked;
    if (answer.kind === "declined" && RETURNS_MONEY.has(kind)) {
      const { code } = answer.decline;
      options.log.warn("The provider refuses to return money.", {
        operation: operationId,
        payment: paymentId,
        kind,
        code,
      });
    }
    return { operation, kind: "settled", answer };
  } catch (error) {
    return error instanceof NotAsked ? await notAsked(operation, error, options) : inDoubt(operation, error, options);
  }
}

/** The outcome is unknown: the provider is asked again, after a pause, until the tries are over. */
function inDoubt(operation: ClaimedOperation, error: unknown, { log, timings }: AttemptOptions): Outcome {
  const { operationId, kind, attempts } = operation;
  const reason = String(error).slice(0, ERROR_CHARS);
  const facts = { operation: operationId, kind, attempts, reason };
  if (attempts >= paymentLimits.OPERATION_TRIES) {
    log.error("A payment operation has run out of tries and is parked until it is retried by staff.", facts);
    return postponed(operation, { key: "same", error: reason, delayMs: null });
  }
  log.warn("The outcome of a payment operation is unknown; the provider is asked again.", facts);
  if (error instanceof SpentKey) {
    return postponed(operation, { key: "spent", error: reason, delayMs: timings.settlingMs });
  }
  const delayMs = backoffMs(attempts, { firstMs: timings.backoffMs, capMs: timings.backoffCapMs });
  return postponed(operation, { key: "same", error: reason, delayMs });
}

/**
 * The provider was not asked, so the attempt does not count. An authorisation that no provider was ever asked for goes to
 * the next provider; after the first question only this one can say what has happened.
 */
async function notAsked(
  operation: ClaimedOperation,
  error: NotAsked,
  { log, providers, countryOf }: AttemptOptions,
): Promise<Outcome> {
  const { kind, attempts, methodId, currency, orderId, provider } = operation;
  const mayMove = kind === "authorize" && attempts === 1 && providers.all.length > 1;
  const routed = mayMove && { method: methodOf(methodId), currency, country: await countryOf(orderId) };
  const other = routed && providers.after(provider, routed);
  if (other) {
    log.warn("A payment goes to another provider.", { operation: operation.operationId, from: provider, to: other });
    return moved(operation, other, error.message);
  }
  return postponed(operation, { key: "same", asked: false, error: error.message, delayMs: paymentLimits.NOT_ASKED_MS });
}

function moved(operation: ClaimedOperation, provider: ProviderName, error: string): Outcome {
  return postponed(operation, { key: "same", asked: false, provider, error, delayMs: 0 });
}

function postponed(
  operation: ClaimedOperation,
  how: Pick<Postponed, "key" | "error" | "delayMs"> & Partial<Postponed>,
): Outcome {
  return { operation, kind: "unknown", asked: true, provider: null, ...how };
}

type Asked =
  | { kind: "answered"; answer: Result }
  /** The operation is to continue under its next key. */
  | { kind: "spent" }
  | { kind: "elsewhere"; provider: ProviderName };

async function askProvider(operation: ClaimedOperation, options: AttemptOptions): Promise<Asked> {
  const { providers, timings, resolve } = options;
  const step = nextStep(operation, operation.goal, timings.settlingMs);
  if (step.lookup === "none" && step.otherwise === "abandon") {
    return { kind: "answered", answer: { kind: "abandoned" } };
  }
  if (!operation.asksProvider) {
    const holdUntil = new Date(Date.now() + paymentLimits.STORED_VALUE_HOLD_DAYS * DAY_MS); // only shown
    return { kind: "answered", answer: answerWithoutProvider(operation.kind, holdUntil) };
  }
  const resolved = operation.kind === "authorize" ? await resolve(operation) : undefined;
  if (resolved?.kind === "elsewhere") return resolved;
  const provider = providers.of(operation.provider);
  if (resolved?.kind === "unknown") return withoutMethod(operation, provider, step, timings);
  const request = requestFor(operation, resolved?.method);
  const take = () => lookUpOrSend(provider, request, step, timings);
  return resolved?.secret === undefined ? take() : hidingToken(resolved.secret, take);
}

async function lookUpOrSend(
  provider: PaymentProvider,
  request: ProviderRequest,
  { lookup, otherwise }: NextStep,
  { timeoutMs }: AttemptTimings,
): Promise<Asked> {
  const known =
    lookup === "none"
      ? undefined
      : await withTimeout(provider.name, timeoutMs, (signal) => provider.find(request, signal, lookup === "complete"));
  if (known) return { kind: "answered", answer: known };
  switch (otherwise) {
    case "send": {
      const answer = await withTimeout(provider.name, timeoutMs, (signal) => sendRequest(provider, request, signal));
      return { kind: "answered", answer };
    }
    case "wait":
      throw new Error("The provider repeats a failure, and may still be working on the request that failed.");
    case "renewKey":
      return { kind: "spent" };
    case "abandon":
      return { kind: "answered", answer: { kind: "abandoned" } };
    default:
      return otherwise satisfies never;
  }
}

/**
 * A method that does not exist is declined. If it existed at an earlier attempt and was deleted since, the provider may have
 * charged it, so the provider is asked first, and is given time to end what it may still be working on.
 */
async function withoutMethod(
  operation: ClaimedOperation,
  provider: PaymentProvider,
  { lookup }: NextStep,
  { settlingMs, timeoutMs }: AttemptTimings,
): Promise<Asked> {
  if (lookup === "none") return { kind: "answered", answer: NO_SUCH_METHOD };
  const request = requestFor(operation, { type: "card", token: "" }); // a look-up goes by the operation
  const known = await withTimeout(provider.name, timeoutMs, (signal) => provider.find(request, signal, true));
  if (known) return { kind: "answered", answer: known };
  if (operation.sentUntil.getTime() - operation.createdAt.getTime() < settlingMs) {
    throw new Error("The method was deleted, and the provider may still be working on a request with it.");
  }
  return { kind: "answered", answer: NO_SUCH_METHOD };
}

const NO_SUCH_METHOD: Result = {
  kind: "declined",
  decline: { code: "invalid_payment_method", message: "There is no such payment method." },
};

/** @param method of an authorisation */
function requestFor(operation: ClaimedOperation, method: ProviderMethod | undefined): ProviderRequest {
  const { operationId, generation, paymentId, orderId, currency, kind } = operation;
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
    amountMinor: operation.amountMinor - operation.storedMinor,
  };
  if (kind !== "authorize") return { ...common, kind, reference: operation.reference ?? "", reason: operation.reason };
  if (!method) throw new Error(`${operationId} has no method.`);
  return { ...common, kind, customerId: operation.customerId, method };
}
