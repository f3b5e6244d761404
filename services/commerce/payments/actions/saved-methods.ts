import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ParamsOf, ResultOf } from "#lib/contract/types.ts";
import { callerOf } from "#lib/sql/idempotency-keys.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { VaultError } from "#lib/vault/vault-error.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { methodsUnavailable, providerUnavailable } from "../domain/errors.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import type { PaymentProvider, SavedMethods } from "../providers/provider.ts";
import {
  countMethods,
  earlierSetup,
  insertSetup,
  lockSetups,
  readMethod,
  listMethods as readMethods,
  recordSetup,
  removeMethod,
  rowOf,
  type StoredMethod,
  type StoredSetup,
  takeOpenSetups,
} from "../saved-methods.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { completeSetup } from "../steps/complete-setup.ts";
import { hidingToken } from "../steps/hide-token.ts";

type Actions = typeof payments.actions;
type Context = ActionContext<PaymentsDeps>;

/**
 * Begins a setup. It is stored before the provider is asked, and its id is the provider's idempotency key, so that the same
 * request, sent again after a lost answer, continues the same setup.
 */
export const setUpMethod: Handler<Actions["setUpMethod"], PaymentsDeps> = transactional(async (ctx, params) => {
  const { provider, methods } = saving(ctx, params.provider);
  await usingVault(ctx, () => ctx.deps.vault.prepare()); // a method that could not be kept must not be asked for
  const setup = await ctx.transaction((tx) => begin(ctx, tx, params.customerId, provider.name));
  const { setupId, customerId } = setup;
  const customerReference = setup.customerReference ?? undefined;
  const started = await asking(ctx, provider, { setup: setupId }, (signal) =>
    methods.setUp({ setupId, customerId, customerReference }, signal),
  );
  await recordSetup(ctx.db, setup, started);
  return { setupId, clientSecret: started.clientSecret };
});

async function begin(
  ctx: Context & Transactions,
  tx: Transaction,
  customerId: string,
  provider: ProviderName,
): Promise<StoredSetup> {
  await lockSetups(tx, customerId);
  const { idempotencyKey: key } = ctx;
  const client = key === undefined ? undefined : { client: callerOf(ctx.auth, ctx.address), key };
  const earlier = client && (await earlierSetup(tx, client, limits.IDEMPOTENCY_HOURS));
  if (earlier) {
    if (earlier.customerId !== customerId || earlier.provider !== provider) {
      throw new DomainError("IDEMPOTENCY_KEY_REUSED");
    }
    return earlier;
  }
  const most = paymentLimits.METHODS_PER_CUSTOMER;
  if ((await countMethods(tx, customerId)) >= most) {
    throw new DomainError("LIMIT_REACHED", `A customer has at most ${most} saved methods and setups.`);
  }
  return insertSetup(tx, { setupId: newId("methodSetup"), customerId, provider }, client);
}

/** Before the answer the open setups are looked up, because a notification of the provider may be late or lost. */
export const listMethods: Handler<Actions["listMethods"], PaymentsDeps> = async (ctx, { customerId }) => {
  await lookUpSetups(ctx, customerId);
  const methods = await readMethods(ctx.db, customerId);
  return { paymentMethods: methods.map(viewOf) };
};

/** What cannot be looked up now is looked up by a later list, or told by a notification. */
async function lookUpSetups(ctx: Context, customerId: string): Promise<void> {
  const setups = await takeOpenSetups(ctx.db, customerId);
  await Promise.all(
    setups.map(async ({ setupId, provider: name, reference }) => {
      const provider = ctx.deps.providers.find(name);
      if (!provider) return;
      try {
        await withTimeout(name, paymentLimits.SETUP_LOOKUP_MS, (signal) =>
          completeSetup(ctx, provider, reference, signal),
        );
      } catch (error) {
        ctx.log.warn("A setup could not be looked up.", { setup: setupId, provider: name, reason: String(error) });
      }
    }),
  );
}

export const getMethod: Handler<Actions["getMethod"], PaymentsDeps> = async (ctx, params) =>
  viewOf(await required(ctx, params));

/** The provider forgets the method first: one that were deleted here alone could not be forgotten there any more. */
export const deleteMethod: Handler<Actions["deleteMethod"], PaymentsDeps> = transactional(async (ctx, params) => {
  const method = await required(ctx, params);
  const { provider: name, paymentMethodId } = method;
  const provider = ctx.deps.providers.find(name);
  if (!provider?.savedMethods) {
    throw new DomainError(
      "PROVIDER_UNAVAILABLE",
      `The payment provider ${name}, which keeps the method, is not configured.`,
    );
  }
  const { savedMethods } = provider;
  const token = await usingVault(ctx, () => ctx.deps.vault.decrypt(method.token, rowOf(method)));
  await asking(ctx, provider, { paymentMethod: paymentMethodId }, (signal) =>
    hidingToken(token, () => savedMethods.forget(token, signal)),
  );
  await ctx.transaction((tx) => removeMethod(tx, paymentMethodId));
  return {};
});

/** The provider with which a method is to be saved: the one that the customer wishes, or the first that saves methods. */
function saving(
  { deps: { providers } }: Context,
  wished: ParamsOf<Actions["setUpMethod"]>["provider"],
): { provider: PaymentProvider; methods: SavedMethods } {
  const candidates = providers.all.filter(({ name }) => wished === undefined || name === wished);
  for (const provider of candidates) if (provider.savedMethods) return { provider, methods: provider.savedMethods };
  throw new DomainError("NOT_SUPPORTED");
}

/** @throws DomainError PROVIDER_UNAVAILABLE when it does not answer in time, or fails */
async function asking<A>(
  ctx: Context,
  { name }: PaymentProvider,
  facts: object,
  ask: (signal: AbortSignal) => Promise<A>,
): Promise<A> {
  try {
    return await withTimeout(name, paymentLimits.PROVIDER_TIMEOUT_MS, ask);
  } catch (error) {
    ctx.log.warn("The provider of saved methods fails.", { ...facts, provider: name, reason: String(error) });
    throw providerUnavailable();
  }
}

/** @throws DomainError SAVED_METHODS_UNAVAILABLE when a key is missing */
async function usingVault<A>(ctx: Context, use: () => Promise<A>): Promise<A> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    ctx.log.error("Saved methods cannot be used.", { fault: error.fault, reason: error.message });
    throw methodsUnavailable();
  }
}

async function required(
  ctx: Context,
  { customerId, paymentMethodId }: ParamsOf<Actions["getMethod"]>,
): Promise<StoredMethod> {
  const method = await readMethod(ctx.db, customerId, paymentMethodId);
  if (!method) throw new DomainError("NOT_FOUND");
  return method;
}

function viewOf(method: StoredMethod): ResultOf<Actions["getMethod"]> {
  const { paymentMethodId, provider, brand, last4, expiresMonth, expiresYear, createdAt } = method;
  const type = "card"; // nothing else can be saved
  return {
    paymentMethodId,
    type,
    provider,
    brand,
    last4,
    expiresMonth,
    expiresYear,
    createdAt: createdAt.toISOString(),
  };
}
