import { workQueue } from "#mixins/service/work-queue.ts";
import { documentsOf } from "../documents.store.ts";
import { sellerLimits } from "../domain/limits.ts";
import type { SellerEvent } from "../domain/seller.ts";
import type { Verdict } from "../providers/kyc-provider.ts";
import { findSeller, lockSeller } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";
import { moveSeller } from "../steps/move-seller.ts";

/** Asks the provider about the application of a seller. The id of the work is that of the check. */
export const checks = workQueue<{ sellerId: string }, Verdict | undefined, Deps>({
  name: "check",
  table: "kyc_work",
  bounds: sellerLimits.KYC,
  async attempt({ db, deps }, { workId: checkId, payload: { sellerId } }, signal) {
    const seller = await findSeller(db, sellerId);
    if (!seller || seller.checkId !== checkId || seller.status !== "submitted") return undefined; // nobody needs it any more
    const documents = await documentsOf(db, sellerId);
    const { name, country, legalName, taxId } = seller;
    const types = documents.map(({ type }) => type);
    return deps.kyc.check({ checkId, name, country, legalName, taxId, documents: types }, signal);
  },
  async settle(ctx, tx, finished) {
    const ordered = finished.toSorted((a, b) => (a.item.payload.sellerId < b.item.payload.sellerId ? -1 : 1));
    for (const { item, result: verdict } of ordered) {
      const seller = verdict && (await lockSeller(tx, item.payload.sellerId));
      if (!seller || seller.checkId !== item.workId) continue; // the answer to an earlier application
      const reason = verdict.kind === "failed" ? verdict.reason : undefined;
      const event: SellerEvent = verdict.kind;
      moveSeller(ctx, tx.because(item.cause), seller, event, { by: "check", reason });
    }
  },
});
