import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { paymentLimits } from "../domain/limits.ts";
import { readUntil, saveReadUntil } from "../movements.store.ts";
import type { Movement, PaymentProvider } from "../providers/provider.ts";
import type { PaymentsDeps } from "../setup.ts";
import { recordMovements } from "../steps/record-movements.ts";

type Context = ServiceContext<PaymentsDeps> & Transactions;

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** Reads what the providers have kept for their service and paid out. One that does not answer is read in the next run. */
export function followMovements(everyMs: number = paymentLimits.MOVEMENTS_EVERY_MS) {
  return every<PaymentsDeps>(everyMs, "follow-movements", transactional(followAll));
}

async function followAll(ctx: Context): Promise<void> {
  for (const provider of ctx.deps.providers.all) {
    try {
      await follow(ctx, provider, ctx.now());
    } catch (error) {
      const facts = { provider: provider.name, reason: String(error) };
      ctx.log.info("The movements of a provider are read again later.", facts);
    }
  }
}

/** A list is read again from some time before it was read to its end: what is known already does nothing. */
export async function follow(ctx: Context, provider: PaymentProvider, until: Date): Promise<void> {
  if (!provider.movements) return;
  const { MOVEMENTS_LIST_MS, MOVEMENTS_BATCH, MOVEMENTS_OVERLAP_HOURS, MOVEMENTS_FIRST_DAYS } = paymentLimits;
  const before = await readUntil(ctx.db, provider.name);
  const backHours = before ? MOVEMENTS_OVERLAP_HOURS : MOVEMENTS_FIRST_DAYS * DAY_HOURS;
  const from = new Date((before ?? until).getTime() - backHours * HOUR_MS);
  let batch: Movement[] = [];
  for await (const movement of provider.movements({ from, until }, AbortSignal.timeout(MOVEMENTS_LIST_MS))) {
    batch.push(movement);
    if (batch.length < MOVEMENTS_BATCH) continue;
    await recordMovements(ctx, provider.name, batch);
    batch = [];
  }
  await recordMovements(ctx, provider.name, batch);
  await saveReadUntil(ctx.db, provider.name, until);
}
