import { limits } from "#config/limits.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { isKeyRemoved } from "#lib/vault/data-key-table.ts";
import type { Vault } from "#lib/vault/vault.ts";
import { VaultError } from "#lib/vault/vault-error.ts";
import type { ActionContext } from "#mixins/service/context.ts";
import type { Deps } from "../setup.ts";

/**
 * Uses the vault. What is wrong with its keys is in the log, because only operators can mend it.
 * @throws DomainError SELLER_DATA_UNAVAILABLE when a key is missing, or was removed while something was written under it
 */
export async function usingVault<T>(ctx: ActionContext<Deps>, use: (vault: Vault) => Promise<T>): Promise<T> {
  try {
    return await use(ctx.deps.vault);
  } catch (error) {
    if (!(error instanceof VaultError) && !isKeyRemoved(error)) throw error;
    if (error instanceof VaultError)
      ctx.log.error("Data of sellers cannot be used.", { fault: error.fault, reason: error.message });
    throw new DomainError("SELLER_DATA_UNAVAILABLE", undefined, { retryAfterSeconds: limits.RETRY_AFTER_SECONDS });
  }
}
