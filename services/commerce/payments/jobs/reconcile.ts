import { newId } from "#lib/contract/ids.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { forgetDifferences } from "../differences.store.ts";
import type { Charge } from "../domain/charge.ts";
import { compare } from "../domain/compare.ts";
import { paymentLimits } from "../domain/limits.ts";
import { readPaymentsOf } from "../payments.store.ts";
import type { PaymentProvider } from "../providers/provider.ts";
import type { PaymentsDeps } from "../setup.ts";
import { observeCharge } from "../steps/observe-charge.ts";

type Context = Pick<ServiceContext<PaymentsDeps>, "db" | "deps" | "cause" | "log">;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Compares the payments of the last day with the lists of their providers, and repairs or reports what differs. */
export const reconcile = every<PaymentsDeps>(paymentLimits.RECONCILE_EVERY_MS, "reconcile", async (ctx) => {
  const { RECONCILE_HOURS, RECONCILE_SETTLED_MINUTES } = paymentLimits;
  const now = ctx.now().getTime();
  const period = {
    from: new Date(now - RECONCILE_HOURS * HOUR_MS),
    until: new Date(now - RECONCILE_SETTLED_MINUTES * MINUTE_MS),
  };
  for (const provider of ctx.deps.providers.all) await reconcileProvider(ctx, provider, period);
});

/** @returns how many charges were compared, and how many of them needed a closer look */
export async function reconcileProvider(
  ctx: Context,
  provider: PaymentProvider,
  period: { from: Date; until: Date },
): Promise<{ compared: number; looked: number }> {
  const done = { compared: 0, looked: 0 };
  if (!provider.charges) return done;
  const { PROVIDER_LIST_MS, RECONCILE_BATCH, RECONCILE_CHARGES } = paymentLimits;
  let batch: Charge[] = [];
  const compareBatch = async () => {
    done.compared += batch.length;
    const references = await differing(ctx, batch);
    // What differed at an earlier time and was settled since, for example by staff.
    const agreeing = batch.map(({ reference }) => reference).filter((reference) => !references.includes(reference));
    await forgetDifferences(ctx.db, provider.name, agreeing);
    for (const reference of references) {
      done.looked += 1;
      await look(ctx, provider, reference);
    }
    batch = [];
  };
  for await (const charge of provider.charges(period, AbortSignal.timeout(PROVIDER_LIST_MS))) {
    batch.push(charge);
    if (batch.length === RECONCILE_BATCH) await compareBatch();
    if (done.compared >= RECONCILE_CHARGES) {
      ctx.log.warn("There are more charges than one comparison looks at.", { provider: provider.name, ...done });
      return done;
    }
  }
  await compareBatch();
  return done;
}

async function differing({ db }: Context, charges: readonly Charge[]): Promise<string[]> {
  const payments = await readPaymentsOf(db, charges);
  return charges.flatMap((charge) => {
    const stored = payments.get(charge.reference);
    const agrees = stored && compare(stored.payment, charge, newId("refund")).kind === "agrees";
    return agrees ? [] : charge.reference;
  });
}

/** One charge that cannot be looked at must not keep the others from it. */
async function look(ctx: Context, provider: PaymentProvider, reference: string): Promise<void> {
  try {
    await withTimeout(provider.name, paymentLimits.NOTIFICATIONS.timeoutMs, (signal) =>
      observeCharge(ctx, provider, reference, signal),
    );
  } catch (error) {
    ctx.log.info("A charge is compared again later.", { provider: provider.name, reference, reason: String(error) });
  }
}
