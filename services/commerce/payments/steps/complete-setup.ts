import { newId } from "#lib/contract/ids.ts";
import { isKeyRemoved } from "#lib/vault/data-key-table.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { PaymentProvider, SavedCard } from "../providers/provider.ts";
import { findOpenSetup, rowOf, type StoredSetup, saveMethod } from "../saved-methods.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { hidingToken } from "./hide-token.ts";

type Context = Pick<ServiceContext<PaymentsDeps>, "db" | "deps" | "cause" | "log">;

/**
 * Saves the method of a setup that the customer has finished, once: notifications and look-ups may tell of it several times, at
 * the same time, and after the method was deleted.
 * @throws VaultError when the token cannot be encrypted; the setup stays open
 */
export async function completeSetup(
  ctx: Context,
  provider: PaymentProvider,
  setupReference: string,
  signal: AbortSignal,
): Promise<void> {
  const setup = await findOpenSetup(ctx.db, provider.name, setupReference);
  if (!setup) return; // it is done, or of another shop of the same account
  const card = await provider.savedMethods?.result(setupReference, signal);
  if (!card) return;
  const outcome = await save(ctx, setup, card);
  if (outcome !== "full") return;
  ctx.log.warn("A method was not saved, because its customer has too many.", { setup: setup.setupId });
  await hidingToken(card.token, async () => provider.savedMethods?.forget(card.token, signal));
}

/** Writes the method under the newest data key. A rotation may remove that key meanwhile; then there is a newer one. */
async function save({ db, deps }: Context, setup: StoredSetup, card: SavedCard): ReturnType<typeof saveMethod> {
  const { token, ...shown } = card;
  const { customerId, provider } = setup;
  const method = { paymentMethodId: newId("savedMethod"), customerId, provider, ...shown };
  for (let tries = 1; ; tries++) {
    const sealed = await deps.vault.encrypt(token, rowOf(method));
    try {
      return await saveMethod(db, setup, method, sealed);
    } catch (error) {
      if (!isKeyRemoved(error) || tries === paymentLimits.SAVE_TRIES) throw error;
    }
  }
}
