import type { FailPoints } from "#lib/fault-injection/fail-points.ts";
import type { PaymentProvider } from "./provider.ts";
import type { Call, Fault } from "./test-provider.ts";

/** A provider with fail points before each call and after its answer. The time-out of a call includes them. */
export function failingProvider(provider: PaymentProvider, points: FailPoints): PaymentProvider {
  async function around<A>(kind: string, ask: () => Promise<A>): Promise<A> {
    await points.reach("before-provider", `payments.${kind}`);
    const answer = await ask();
    await points.reach("after-provider", `payments.${kind}`);
    return answer;
  }
  return {
    name: provider.name,
    authorize: (request, signal) => around(request.kind, () => provider.authorize(request, signal)),
    confirm: (request, signal) => around(request.kind, () => provider.confirm(request, signal)),
    capture: (request, signal) => around(request.kind, () => provider.capture(request, signal)),
    void: (request, signal) => around(request.kind, () => provider.void(request, signal)),
    refund: (request, signal) => around(request.kind, () => provider.refund(request, signal)),
    find: (...asked) => provider.find(...asked),
    close: async () => provider.close?.(),
  };
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
