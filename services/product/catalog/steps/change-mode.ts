import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { Mode } from "../domain/publication.ts";
import { addPublication, cancelAllScheduled, catalogueState, countChanges, setMode } from "../publication.store.ts";
import { markDiffering } from "../publication-copy.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { prepareWhile, takeDraftFor } from "./prepare-versions.ts";
import { hasDrafts } from "./shown.ts";
import { tellWhile } from "./tell-changes.ts";

type Context = ServiceContext<CatalogDeps> & Transactions;
const ALWAYS = () => true; // each of these loops ends, because nobody writes meanwhile

/**
 * Follows the setting CATALOG_PUBLICATION at the start. Nobody writes products meanwhile. Several nodes may do it at once,
 * and a start continues what a killed one has left.
 */
export async function followSetting(ctx: Context): Promise<void> {
  const wanted: Mode = hasDrafts(ctx) ? "drafts" : "immediate";
  const { mode } = await catalogueState(ctx.db);
  if (mode !== wanted) await (wanted === "drafts" ? startDrafts(ctx) : endDrafts(ctx));
  ctx.deps.mode.isChanging = false;
}

/** The shop has shown the draft: it becomes the first version, or the next one. Other services know it already. */
async function startDrafts(ctx: Context): Promise<void> {
  await locked(ctx, async (tx, { mode }) => {
    if (mode === "immediate") await setMode(tx, "starting");
    if (mode === "ending") await setMode(tx, "drafts"); // it had not ended: nobody has written since
  });
  let after: string | undefined = "";
  while (after !== undefined) {
    const from: string = after;
    after = await locked(ctx, async (tx, { mode, draft, unprepared }) =>
      mode === "starting" && unprepared.length === 0 // otherwise another node has done it already
        ? markDiffering(tx, draft, from, catalogLimits.COMPARED_ROWS)
        : undefined,
    );
  }
  await publish(ctx, "starting", "The catalogue as it was when drafts began");
  await locked(ctx, async (tx, { mode }) => {
    if (mode === "starting") await setMode(tx, "drafts");
  });
}

/**
 * From now on the shop shows the draft: a publication that is under way is completed, what is left of the draft is published,
 * and other services are told, before anybody writes.
 */
async function endDrafts(ctx: Context): Promise<void> {
  await locked(ctx, async (tx, { mode }) => {
    if (mode === "drafts") await setMode(tx, "ending");
    await cancelAllScheduled(tx);
  });
  await prepareWhile(ctx, ALWAYS);
  await publish(ctx, "ending", "The draft as it was when drafts ended");
  await tellWhile(ctx, ALWAYS);
  await locked(ctx, async (tx, { mode }) => {
    if (mode === "ending" || mode === "starting") await setMode(tx, "immediate");
  });
}

async function publish(ctx: Context, during: Mode, note: string): Promise<void> {
  await locked(ctx, async (tx, state) => {
    if (state.mode !== during || state.unprepared.length > 0) return;
    const isShown = state.shown === state.draft - 1 && (await countChanges(tx, state.draft)) === 0;
    if (!isShown) await takeDraftFor(tx, await addPublication(tx, note, null), state);
  });
  await prepareWhile(ctx, ALWAYS);
}

function locked<T>(
  ctx: Context,
  work: (tx: Transaction, state: Awaited<ReturnType<typeof catalogueState>>) => Promise<T>,
): Promise<T> {
  return ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    return work(tx, await catalogueState(tx));
  });
}
