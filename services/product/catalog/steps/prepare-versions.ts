import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import { catalogLimits } from "../domain/limits.ts";
import { type CatalogueState, catalogueState, lockShown, markPrepared, show, takeDraft } from "../publication.store.ts";
import { copyNext, copyTerms } from "../publication-copy.store.ts";

/** Takes the draft for a publication. Call it under the lock of the catalogue. @returns how many products were written */
export async function takeDraftFor(tx: Transaction, version: number, { draft }: CatalogueState): Promise<number> {
  const changes = await takeDraft(tx, version, draft);
  await copyTerms(tx, draft);
  return changes;
}

/**
 * Copies the next products of the oldest snapshot that is not prepared; after the last one the shop shows it, unless it
 * was rolled back meanwhile. Nobody sees a snapshot before that, so a kill at any moment leaves the old version or the new
 * one. Call it under the lock of the catalogue.
 * @returns whether there is more to do
 */
export async function prepareNext(ctx: ServiceContext, tx: Transaction): Promise<boolean> {
  const { mode, unprepared } = await catalogueState(tx);
  const [snapshot] = unprepared;
  if (snapshot === undefined) return false;
  const { COPIED_ROWS } = catalogLimits;
  if ((await copyNext(tx, snapshot, COPIED_ROWS)) === COPIED_ROWS) return true;
  const from = await lockShown(tx);
  const publication = await markPrepared(tx, snapshot);
  if (publication?.state === "publishing") {
    // At the start of drafts other services know the first version already, because the shop has shown the draft.
    await show(tx, { version: publication.version, snapshot }, mode === "starting" ? snapshot : from);
    tx.afterCommit(() => signalShown(ctx));
  }
  return unprepared.length > 1;
}

/** The same in transactions of its own, each of which lets other writers have their turn, until `goesOn` says no. */
export async function prepareWhile(ctx: ServiceContext & Transactions, goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    const more = await ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      return prepareNext(ctx, tx);
    });
    if (!more) return;
  }
}

/** Makes every node forget what it has cached of the version before. */
export function signalShown(ctx: Pick<ServiceContext, "signal">): void {
  ctx.signal("catalog.shownChanged", {});
  ctx.signal("edge.invalidate", {});
}
