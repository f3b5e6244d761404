import { DomainError } from "#lib/contract/errors.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { sellers } from "../contract.ts";
import { maySell, moveOf, type SellerEvent, type SellerStatus } from "../domain/seller.ts";
import { type Seller, setStatus } from "../sellers.store.ts";

interface Why {
  by: string;
  reason?: string | undefined;
  /** The check that the event begins. */
  checkId?: string;
}

/**
 * Moves a locked seller to the next state, and tells everybody. When offers appear or disappear by that, the edge forgets them.
 * @throws DomainError SELLER_STATE when this cannot be done now
 */
export function moveSeller(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  { sellerId, status }: Seller,
  event: SellerEvent,
  { by, reason = "", checkId }: Why,
): SellerStatus {
  const move = moveOf(status, event);
  if (move.kind === "refuse")
    throw new DomainError("SELLER_STATE", `The seller is ${status.replace("_", " ")}.`, { sellerStatus: status });
  if (move.kind === "stay") return status;
  const keepsReason = move.status === "rejected" || move.status === "suspended";
  setStatus(tx, sellerId, {
    status: move.status,
    reason: keepsReason ? reason : null,
    ...(checkId === undefined ? {} : { checkId }),
  });
  tell(tx, move.status, event, { sellerId, by, reason });
  if (maySell(status) !== maySell(move.status)) tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
  return move.status;
}

function tell(
  tx: Transaction,
  status: SellerStatus,
  event: SellerEvent,
  data: { sellerId: string; by: string; reason: string },
): void {
  const { sellerId, by } = data;
  switch (status) {
    case "approved":
      if (event === "reinstate") tx.emit(sellers.events.SellerReinstated, { sellerId, by });
      else tx.emit(sellers.events.SellerApproved, { sellerId, by });
      break;
    case "rejected":
      tx.emit(sellers.events.SellerRejected, data);
      break;
    case "suspended":
      tx.emit(sellers.events.SellerSuspended, data);
      break;
    case "applied":
    case "submitted":
    case "in_review":
      break;
    default:
      status satisfies never;
  }
}
