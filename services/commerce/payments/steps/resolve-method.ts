import type { Log } from "#lib/log.ts";
import { SampledLog } from "#lib/sampled-log.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Vault } from "#lib/vault/vault.ts";
import { VaultError } from "#lib/vault/vault-error.ts";
import { paymentLimits } from "../domain/limits.ts";
import { methodOf } from "../domain/method.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import type { ClaimedOperation } from "../operations.store.ts";
import { NotAsked, type ProviderMethod } from "../providers/provider.ts";
import type { Providers } from "../providers/providers.ts";
import { readMethod, rowOf } from "../saved-methods.store.ts";

/** The method of a payment as its provider gets it. */
export type ResolvedMethod =
  /** `secret` is the token of a saved method, which must not be repeated anywhere. */
  | { kind: "method"; method: ProviderMethod; secret?: string }
  /** The method is saved with another provider than the payment was given to. */
  | { kind: "elsewhere"; provider: ProviderName }
  /** There is no such saved method of this customer. */
  | { kind: "unknown" };

export type ResolveMethod = (
  payment: Pick<ClaimedOperation, "methodId" | "customerId" | "provider">,
) => Promise<ResolvedMethod>;

/**
 * Finds the provider's token of saved methods. A method that was changed in the database, or whose provider is not configured
 * any more, counts as unknown, because waiting would not help; while its key is missing, the payment waits.
 */
export function methodResolver({
  db,
  vault,
  providers,
  log,
}: {
  db: Queryable;
  vault: Vault;
  providers: Providers;
  log: Log;
}): ResolveMethod {
  const sampled = new SampledLog(log, paymentLimits.VAULT_LOG_LINES);
  return async ({ methodId, customerId, provider }) => {
    const method = methodOf(methodId);
    if (method.type !== "saved") return { kind: "method", method };
    const saved = await readMethod(db, customerId, method.savedMethodId);
    if (!saved || !providers.find(saved.provider)) return { kind: "unknown" };
    if (saved.provider !== provider) return { kind: "elsewhere", provider: saved.provider };
    try {
      const token = await vault.decrypt(saved.token, rowOf(saved));
      const { customerReference } = saved;
      return { kind: "method", method: { type: "card", token, customerReference }, secret: token };
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      const facts = { paymentMethod: saved.paymentMethodId, fault: error.fault, reason: error.message };
      sampled.warn("A saved method cannot be decrypted.", facts);
      if (error.fault === "notGenuine") return { kind: "unknown" };
      throw new NotAsked(provider, `the saved method cannot be decrypted: ${error.message}`);
    }
  };
}
