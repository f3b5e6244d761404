import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { PaymentsDeps } from "../setup.ts";

/** A provider that does not answer must not keep the others from it. */
export const balances: Handler<typeof payments.actions.balances, PaymentsDeps> = async ({ deps, log }) => ({
  providers: await Promise.all(
    deps.providers.all.map(async (provider) => {
      const { name } = provider;
      if (!provider.balance) return { provider: name };
      try {
        const ask = (signal: AbortSignal) => provider.balance?.(signal) ?? Promise.resolve([]);
        return { provider: name, balances: await withTimeout(name, paymentLimits.BALANCE_MS, ask) };
      } catch (error) {
        log.warn("A provider does not say what it holds.", { provider: name, reason: String(error) });
        return { provider: name };
      }
    }),
  ),
});
