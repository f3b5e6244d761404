import type { FailPoints } from "#lib/fault-injection/fail-points.ts";
import { OPERATION_KINDS } from "../domain/operation.ts";
import { aroundCalls } from "./around-calls.ts";
import type { PaymentProvider } from "./provider.ts";
import type { Call, Fault } from "./test-provider.ts";

const OPERATIONS: ReadonlySet<string> = new Set(OPERATION_KINDS);

/** A provider with fail points before each operation and after its answer. The time-out of a call includes them. */
export function failingProvider(provider: PaymentProvider, points: FailPoints): PaymentProvider {
  return aroundCalls(provider, async (what, ask) => {
    if (!OPERATIONS.has(what)) return ask();
    await points.reach("before-provider", `payments.${what}`);
    const answer = await ask();
    await points.reach("after-provider", `payments.${what}`);
    return answer;
  });
}

/** The fault that a fail point plans for this call of the test provider. */
export async function plannedFault(points: FailPoints, { what }: Call): Promise<Fault | undefined> {
  if (what === "find") return undefined;
  try {
    await points.reach("provider-keeps-failure", `payments.${what}`);
    return undefined;
  } catch {
    return "keepFailure";
  }
}
