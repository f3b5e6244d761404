import { failPoints } from "#lib/fault-injection/fail-points.ts";
import { WindowCounter } from "#lib/keyvalue/window-counter.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import type { Vault } from "#lib/vault/vault.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { openVault } from "#mixins/service/open-vault.ts";
import type { ServiceQueue } from "#mixins/service/work-queue.ts";
import { paymentLimits } from "./domain/limits.ts";
import { OPERATION_KINDS } from "./domain/operation.ts";
import { parseRoutes } from "./domain/route.ts";
import { configuredProviders } from "./providers/configured.ts";
import { failingProvider } from "./providers/failing-provider.ts";
import { guarded } from "./providers/guard.ts";
import type { PaymentProvider } from "./providers/provider.ts";
import { Providers } from "./providers/providers.ts";

import { Operations, type Timings } from "./steps/operations.ts";
import { methodResolver } from "./steps/resolve-method.ts";

/** What the handlers share. */
export interface PaymentsDeps {
  providers: Providers;
  operations: Operations;
  /** Encrypts the tokens of saved methods. */
  vault: Vault;
  /** Wrong codes of gift cards, by address. */
  wrongCodes: WindowCounter;
  close(): Promise<void>;
}

/** What tests replace. */
export interface PaymentsOptions {
  providers?: (ctx: SetupContext) => readonly PaymentProvider[] | Promise<readonly PaymentProvider[]>;
  timings?: Partial<Timings>;
  /** Between two looks at what providers have kept and paid out. */
  movementsEveryMs?: number;
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

/** Opens the providers that have their secrets in the settings; without any, the test provider takes all payments. */
export function setUp(options: PaymentsOptions): (ctx: SetupContext) => Promise<PaymentsDeps> {
  return async (ctx) => {
    const providers = await openProviders(options, ctx);
    ctx.log.info(`Payments go to ${providers.all.map(({ name }) => name).join(", ")}.`);
    const vault = await openVault(ctx, "Payment methods");
    const operations = new Operations({
      db: ctx.db,
      providers,
      timings: { ...TIMINGS, ...options.timings },
      log: ctx.log,
      resolve: methodResolver({ db: ctx.db, vault, providers, log: ctx.log }),
    });
    const wrongCodes = new WindowCounter({
      name: `${ctx.env.NAMESPACE}:gift-card-codes`,
      windowSeconds: paymentLimits.GIFT_CARD_WINDOW_SECONDS,
      redisUrl: ctx.env.REDIS_URL,
      redisTimeoutMs: paymentLimits.GIFT_CARD_COUNT_MS,
    });
    const close = async () => {
      wrongCodes.close();
      operations.close();
      await providers.close();
    };
    return { providers, operations, vault, wrongCodes, close };
  };
}

/** What is wrong in the settings stops the start with one line. */
async function openProviders(options: PaymentsOptions, ctx: SetupContext): Promise<Providers> {
  const { PAYMENT_ROUTES: routes } = ctx.env;
  const points = failPoints;
  try {
    const chosen = routes === undefined ? undefined : parseRoutes(routes);
    const opened = await (options.providers ?? configuredProviders)(ctx);
    const safe = opened.map((provider) => guarded(points ? failingProvider(provider, points) : provider));
    return new Providers(safe, chosen);
  } catch (error) {
    if (error instanceof StartupError) exitWith(error);
    throw error;
  }
}
