import { paging } from "#lib/contract/contract.ts";
import { endPart, readPart } from "#lib/contract/cursor.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { catalog } from "../contract.ts";
import { catalogLimits } from "../domain/limits.ts";
import { decideRollBack } from "../domain/publication.ts";
import * as store from "../publication.store.ts";
import { countDiffering, differingProducts } from "../shown-changes.store.ts";
import { signalShown } from "../steps/prepare-versions.ts";
import { requireDrafts } from "../steps/shown.ts";
import { differencesOf } from "../steps/tell-changes.ts";
import { differenceView, publicationView } from "../view.ts";
import { publish } from "./publish.ts";

type Actions = typeof catalog.actions;

const publications: Handler<Actions["publications"]> = async (ctx, params) => {
  const { page, limit, offset } = paging(params);
  const { rows, total } = await store.pageOfPublications(ctx.db, { limit, offset });
  return { publications: rows.map(publicationView), pagination: { page, limit, total } };
};

const cancelPublication: Handler<Actions["cancelPublication"]> = transactional(async (ctx, { version }) =>
  ctx.transaction(async (tx) => {
    const { state } = await requirePublication(tx, version);
    if (state === "cancelled" || (await store.cancelScheduled(tx, version))) return {};
    throw new DomainError("CONFLICT", `The publication ${version} is not scheduled any more.`);
  }),
);

/** Changes one number, whatever is different: what other services must be told follows by itself. */
const rollBack: Handler<Actions["rollBack"]> = transactional(async (ctx, { version }) =>
  ctx.transaction(async (tx) => {
    const from = await store.lockShown(tx);
    await requireDrafts(ctx, tx);
    const publication = await requirePublication(tx, version);
    const decision = decideRollBack(publication);
    if (decision.kind === "refuse") throw new DomainError("CONFLICT", decision.why);
    const { snapshot } = publication;
    if (snapshot === null) throw new Error(`The prepared publication ${version} has no snapshot.`);
    await store.overtakeLater(tx, snapshot);
    if (decision.kind === "show") {
      await store.show(tx, { version, snapshot }, from);
      tx.afterCommit(() => signalShown(ctx));
    }
    return publicationView(await requirePublication(tx, version));
  }),
);

const difference: Handler<Actions["difference"]> = async (ctx, { version, from, ...params }) => {
  const part = readPart<[string]>(params, ["catalog.difference", version, from], [""]);
  const to = await requirePrepared(ctx.db, version);
  const before = from === undefined ? await store.versionBefore(ctx.db, to) : undefined;
  const compared = { from: from === undefined ? (before?.snapshot ?? 0) : await requirePrepared(ctx.db, from), to };
  const start = part.kind === "after" ? part.after[0] : "";
  const skipped = part.kind === "page" ? part.offset : 0;
  const { ids, count } = await ctx.db.readWithin(catalogLimits.DIFFERENCE_MS, async (db) => ({
    ids: await differingProducts(db, compared, start, skipped + part.limit + 1),
    count: part.kind === "page" ? await countDiffering(db, compared) : undefined,
  }));
  const { rows, pagination } = endPart(part, ids.slice(skipped), (id): [string] => [id], count);
  return {
    version,
    from: from ?? before?.version ?? null,
    products: (await differencesOf(ctx.db, compared, rows)).map(differenceView),
    pagination,
  };
};

/** The handlers of the part of the contract that is about drafts and versions. */
export const publicationHandlers = { publish, publications, cancelPublication, rollBack, difference };

async function requirePublication(db: Queryable, version: number): Promise<store.Publication> {
  const publication = await store.publicationOf(db, version);
  if (!publication) throw new DomainError("NOT_FOUND", `There is no version ${version}, or none any more.`);
  return publication;
}

/** @returns the snapshot of a version */
async function requirePrepared(db: Queryable, version: number): Promise<number> {
  const { snapshot, isPrepared } = await requirePublication(db, version);
  if (snapshot === null || !isPrepared)
    throw new DomainError("CONFLICT", `The version ${version} is not complete yet.`);
  return snapshot;
}
