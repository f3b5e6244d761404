import { momentOf } from "#lib/contract/moment.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { lockCatalogue } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { catalogLimits } from "../domain/limits.ts";
import { addPublication, countChanges, publicationOf } from "../publication.store.ts";
import { prepareNext, prepareWhile, takeDraftFor } from "../steps/prepare-versions.ts";
import { requireDrafts } from "../steps/shown.ts";

/**
 * Takes the draft as it is at this moment. What is small is shown in the same transaction. What is large is prepared in
 * many, and the client waits for a while; if this node is killed meanwhile, the job goes on.
 */
export const publish: Handler<typeof catalog.actions.publish> = transactional(async (ctx, { note = null, at }) => {
  const time = at === undefined ? null : momentOf(at, "/at");
  let isDone = true;
  const published = await ctx.transaction(async (tx) => {
    await lockCatalogue(tx);
    const catalogue = await requireDrafts(ctx, tx);
    const version = await addPublication(tx, note, time);
    isDone = true;
    if (time) return { version, changes: await countChanges(tx, catalogue.draft), state: "scheduled" as const };
    const changes = await takeDraftFor(tx, version, catalogue);
    isDone = !(await prepareNext(ctx, tx));
    return { version, changes, state: (await publicationOf(tx, version))?.state ?? "publishing" };
  });
  if (isDone) return published;
  const until = performance.now() + catalogLimits.PUBLISH_WAIT_MS;
  await prepareWhile(ctx, () => performance.now() < until);
  // In a transaction, so that a request with the same key gets this answer as well.
  return ctx.transaction(async (tx) => {
    const publication = await publicationOf(tx, published.version);
    return { ...published, state: publication?.state ?? published.state };
  });
});
