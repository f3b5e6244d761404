import { DomainError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { catalogueState, markWritten } from "../publication.store.ts";
import { copyThese } from "../publication-copy.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { hasDrafts } from "./shown.ts";

/** What a write means for others: the shop shows it now, so that they are told now, or with a publication. */
export type Effect = "shown" | "draft";

/**
 * Goes before each write of products, under the lock of the catalogue. A snapshot that is being prepared gets what these
 * products were when it was taken. Without drafts nothing is asked or written.
 * @throws DomainError SERVICE_UNAVAILABLE while the shop changes between drafts and no drafts
 */
export async function beforeWriting(
  ctx: ServiceContext<CatalogDeps>,
  tx: Transaction,
  productIds: readonly string[],
): Promise<Effect> {
  if (!hasDrafts(ctx)) {
    if (ctx.deps.mode.isChanging) throw changing();
    return "shown";
  }
  const { mode, draft, unprepared } = await catalogueState(tx);
  if (mode === "immediate") return "shown"; // this start has not begun with drafts yet: it inserts the demo catalogue
  if (mode !== "drafts") throw changing();
  for (const snapshot of unprepared) await copyThese(tx, snapshot, productIds);
  await markWritten(tx, draft, productIds);
  return "draft";
}

function changing(): DomainError {
  return new DomainError("SERVICE_UNAVAILABLE", "The shop is changing the way it publishes; please try again.");
}
