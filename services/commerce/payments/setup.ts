import { failPoints } from "#lib/fault-injection/fail-points.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import type { ServiceQueue } from "#mixins/service/work-queue.ts";
import { paymentLimits } from "./domain/limits.ts";
import { OPERATION_KINDS } from "./domain/operation.ts";
import { failingProvider, plannedFault } from "./providers/failing-provider.ts";
import type { PaymentProvider } from "./providers/provider.ts";
import { stripeProvider } from "./providers/stripe.ts";
import { TestProvider } from "./providers/test-provider.ts";
import { booksPlace, openBooks } from "./providers/test-provider-books.ts";
import { Operations, type Timings } from "./steps/operations.ts";

/** What the handlers share. */
export interface PaymentsDeps {
  operations: Operations;
  close(): Promise<void>;
}

/** What tests replace. */
export interface PaymentsOptions {
  provider?: (ctx: SetupContext) => PaymentProvider | Promise<PaymentProvider>;
  timings?: Partial<Timings>;
}

const TIMINGS: Timings = {
  timeoutMs: paymentLimits.PROVIDER_TIMEOUT_MS,
  waitMs: paymentLimits.PROVIDER_WAIT_MS,
  leaseMs: paymentLimits.OPERATION_LEASE_MS,
  pollMs: paymentLimits.OPERATION_POLL_MS,
  backoffMs: paymentLimits.OPERATION_BACKOFF_MS,
  backoffCapMs: paymentLimits.OPERATION_BACKOFF_CAP_MS,
  settlingMs: paymentLimits.PROVIDER_SETTLING_MS,
  concurrency: paymentLimits.PROVIDER_CALLS,
  batch: paymentLimits.OPERATION_BATCH,
};

/** The queue of operations. The transactions that record their outcomes are called `settle`. */
export const paymentOperations: ServiceQueue<PaymentsDeps> = {
  name: "settle",
  asks: OPERATION_KINDS,
  open: ({ deps }) => deps.operations.queue,
};

/** Chooses the provider. */
export function setUp(options: PaymentsOptions): (ctx: SetupContext) => Promise<PaymentsDeps> {
  return async (ctx) => {
    const provider = await (options.provider ?? configuredProvider)(ctx);
    ctx.log.info(`Payments go to the ${provider.name}.`);
    const operations = new Operations({
      db: ctx.db,
      provider: failPoints ? failingProvider(provider, failPoints) : provider,
      timings: { ...TIMINGS, ...options.timings },
      log: ctx.log,
    });
    const close = async () => {
      operations.close();
      await provider.close?.();
    };
    return { operations, close };
  };
}

function configuredProvider(ctx: SetupContext): PaymentProvider | Promise<PaymentProvider> {
  const { STRIPE_SECRET_KEY: secretKey } = ctx.env;
  if (secretKey) return stripeProvider({ secretKey });
  const points = failPoints;
  return new TestProvider({
    books: openBooks(booksPlace(ctx.db.place)),
    now: ctx.now,
    fault: points && ((call) => plannedFault(points, call)),
  });
}
