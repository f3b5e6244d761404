import { hasScope } from "#lib/contract/access.ts";
import { foreignCursor } from "#lib/contract/cursor.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { ActionContext, ServiceContext } from "#mixins/service/context.ts";
import { type CatalogueState, catalogueState, lookUpSnapshot, shownSnapshot } from "../publication.store.ts";
import { DRAFT, type Shown } from "../shown.store.ts";

/** Whether the shop shows published versions, and not the draft itself. */
export const hasDrafts = ({ env }: Pick<ServiceContext, "env">) => env.CATALOG_PUBLICATION === "drafts";

/**
 * What the catalogue is doing, for what only a shop with drafts can do. Call it where the answer cannot change: under the
 * lock of the catalogue, or of what is shown.
 * @throws DomainError CONFLICT in a shop without drafts, SERVICE_UNAVAILABLE while it only begins, or ends, with them
 */
export async function requireDrafts(ctx: Pick<ServiceContext, "env">, tx: Queryable): Promise<CatalogueState> {
  if (!hasDrafts(ctx))
    throw new DomainError("CONFLICT", "The shop shows every change at once: it has no drafts (CATALOG_PUBLICATION).");
  const catalogue = await catalogueState(tx);
  if (catalogue.mode !== "drafts")
    throw new DomainError("SERVICE_UNAVAILABLE", "Drafts have not begun completely yet.");
  return catalogue;
}

/**
 * What a request sees. It asks once and gives the answer to everything that it reads, so that a page is never a mixture of
 * two versions. Without drafts nothing is asked.
 * @param asked.draft whether the caller wants to see the draft
 * @param asked.begun the snapshot of the list that is read on; when it is gone, the shown one takes its place
 * @throws DomainError UNAUTHENTICATED or FORBIDDEN when the caller may not see the draft; VALIDATION_FAILED when the list
 * cannot have begun in that snapshot, because there was none with this number
 */
export async function shownTo(
  ctx: Pick<ActionContext, "auth" | "db" | "env">,
  { draft = false, begun }: { draft?: boolean | undefined; begun?: number | undefined } = {},
): Promise<Shown> {
  if (draft) {
    if (ctx.auth.kind === "anonymous") throw new DomainError("UNAUTHENTICATED", "Only staff see drafts.");
    if (!hasScope(ctx.auth, "catalog:write"))
      throw new DomainError("FORBIDDEN", "Drafts need the scope catalog:write.");
  }
  if (draft || !hasDrafts(ctx)) return DRAFT;
  if (begun !== undefined) {
    const { wasTaken, isKept } = await lookUpSnapshot(ctx.db, begun);
    if (!wasTaken) throw foreignCursor();
    if (isKept) return { kind: "snapshot", snapshot: begun };
  }
  const snapshot = await shownSnapshot(ctx.db);
  return snapshot === null ? DRAFT : { kind: "snapshot", snapshot };
}
