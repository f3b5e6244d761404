import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { callerOf } from "#lib/sql/idempotency-keys.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { sellers } from "../contract.ts";
import { documentsOf } from "../documents.store.ts";
import { missingDocuments, moveOf, type SellerEvent } from "../domain/seller.ts";
import { checks } from "../queues/checks.ts";
import { lockSeller } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";
import { moveSeller } from "../steps/move-seller.ts";
import { requireSeller } from "../steps/require-seller.ts";

type Actions = typeof sellers.actions;

export const submitApplication: Handler<Actions["submit"], Deps> = transactional(async (ctx, { sellerId }) => {
  await requireSeller(ctx, sellerId);
  return ctx.transaction(async (tx) => {
    const seller = await lockSeller(tx, sellerId);
    if (!seller) throw new DomainError("NOT_FOUND");
    const checkId = newId("operation");
    const begins = moveOf(seller.status, "submit").kind === "to";
    const missing = begins ? missingDocuments((await documentsOf(tx, sellerId)).map(({ type }) => type)) : [];
    if (missing.length > 0)
      throw new DomainError("DOCUMENTS_MISSING", `These documents are missing: ${missing.join(", ")}.`, { missing });
    const status = moveSeller(ctx, tx, seller, "submit", { by: callerOf(ctx.auth, ctx.address), checkId });
    if (begins) checks.enqueue(ctx, tx, [{ workId: checkId, payload: { sellerId } }]);
    return { sellerId, status };
  });
});

function decision(event: SellerEvent) {
  return transactional(
    (ctx: ActionContext<Deps> & Transactions, { sellerId, reason }: { sellerId: string; reason?: string }) =>
      ctx.transaction(async (tx) => {
        const seller = await lockSeller(tx, sellerId);
        if (!seller) throw new DomainError("NOT_FOUND");
        const status = moveSeller(ctx, tx, seller, event, { by: callerOf(ctx.auth, ctx.address), reason });
        return { sellerId, status };
      }),
  );
}

export const approveSeller: Handler<Actions["approve"], Deps> = decision("approve");
export const rejectSeller: Handler<Actions["reject"], Deps> = decision("reject");
export const suspendSeller: Handler<Actions["suspend"], Deps> = decision("suspend");
export const reinstateSeller: Handler<Actions["reinstate"], Deps> = decision("reinstate");
