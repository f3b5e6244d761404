import { Type } from "typebox";
import { Exact, event, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { SellerId } from "./schemas.ts";

const Decided = Type.Object({
  ...SellerId,
  by: Type.String({ description: "`staff:<id>`, or `check` for the provider that checks sellers" }),
});
const DecidedWithReason = Type.Object({ ...Decided.properties, reason: Type.String() });

/** `gross` = `commission` + `net`. */
const Share = { orderId: Id("order"), ...SellerId, currency: Currency, gross: Amount, commission: Amount, net: Amount };
const Payout = { payoutId: Id("payout"), ...SellerId, currency: Currency, amount: Amount };

/** What sellers publishes. The key is the seller. */
export const sellerEvents = {
  SellerApproved: event({ key: "sellerId", version: "1.0", data: Decided }),
  SellerRejected: event({ key: "sellerId", version: "1.0", data: DecidedWithReason }),
  SellerSuspended: event({ key: "sellerId", version: "1.0", data: DecidedWithReason }),
  SellerReinstated: event({ key: "sellerId", version: "1.0", data: Decided }),
  /** Once for each seller of an order, when the order is paid. */
  SaleCredited: event({ key: "sellerId", version: "1.0", data: Exact(Share) }),
  /** A part of a credited sale, because the customer got money back. All of them are never more than the sale. */
  SaleReversed: event({ key: "sellerId", version: "1.0", data: Exact(Share) }),
  /** The bank has taken the payout. */
  PayoutSent: event({ key: "sellerId", version: "1.0", data: Exact({ ...Payout, period: Timestamp }) }),
  /** The bank has refused the payout: the money is in the balance again. */
  PayoutFailed: event({ key: "sellerId", version: "1.0", data: Exact({ ...Payout, reason: Type.String() }) }),
};
