import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  wrap,
} from "cockatiel";
import { paymentLimits } from "../domain/limits.ts";
import { aroundCalls } from "./around-calls.ts";
import { NotAsked, type PaymentProvider } from "./provider.ts";

/**
 * A provider that is not asked while it fails: each of its calls passes a circuit breaker and a bulkhead of its own, so
 * that a provider that is silent takes no worker from the others. Time-outs and retries are those of the operation.
 */
export function guarded(provider: PaymentProvider): PaymentProvider {
  const { PROVIDER_CALLS, BREAKER_FAILURES, BREAKER_OPEN_MS } = paymentLimits;
  const policy = wrap(
    bulkhead(PROVIDER_CALLS),
    circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(BREAKER_FAILURES), halfOpenAfter: BREAKER_OPEN_MS }),
  );
  return aroundCalls(provider, async (_, call) => {
    try {
      return await policy.execute(call);
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new NotAsked(provider.name, "it has failed too often just now");
      if (error instanceof BulkheadRejectedError) throw new NotAsked(provider.name, "too many calls are under way");
      throw error;
    }
  });
}
