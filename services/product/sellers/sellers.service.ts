import { join } from "node:path";
import type { ServiceSchema } from "moleculer";
import { service } from "#mixins/service/service.ts";
import { applyToSell, updateSeller } from "./actions/apply.ts";
import { deleteCommission, listCommissions, setCommission } from "./actions/commission.ts";
import * as decisions from "./actions/decide.ts";
import { addDocument, listDocuments, listReadings, readDocument } from "./actions/documents.ts";
import { listPayouts, readBalance, readStatement, statementAsCsv } from "./actions/money.ts";
import { endOffer, listOffers, listProductOffers, offersOf, setOffer } from "./actions/offers.ts";
import { rateSeller } from "./actions/rate.ts";
import { actsForSeller, getMembers, getSeller, listSellers, setMembers } from "./actions/read-sellers.ts";
import { givePiecesBack, reservePieces } from "./actions/reserve.ts";
import { orderCancelled } from "./consumers/order-cancelled.ts";
import { orderCreated } from "./consumers/order-created.ts";
import { orderStatusChanged } from "./consumers/order-status-changed.ts";
import { paymentRefunded } from "./consumers/payment-refunded.ts";
import { productCreated } from "./consumers/product-created.ts";
import { productUpdated } from "./consumers/product-updated.ts";
import { sellers } from "./contract.ts";
import { expireReservations } from "./jobs/expire-reservations.ts";
import { makePayouts } from "./jobs/make-payouts.ts";
import { tidy } from "./jobs/tidy.ts";
import { countExpired } from "./pieces.store.ts";
import { checks } from "./queues/checks.ts";
import { payoutQueue } from "./queues/payouts.ts";
import { type Deps, type SellersOptions, setUp } from "./setup.ts";

/** @param options what tests replace: the providers */
export function sellersService(options: SellersOptions = {}): ServiceSchema {
  return service<typeof sellers, Deps>(sellers, {
    database: { migrations: join(import.meta.dirname, "migrations"), keepPlans: true },
    setup: setUp(options),
    actions: {
      apply: applyToSell,
      list: listSellers,
      get: getSeller,
      update: updateSeller,
      members: getMembers,
      setMembers,
      actsFor: actsForSeller,
      ...{ addDocument, documents: listDocuments, readDocument, documentReadings: listReadings },
      submit: decisions.submitApplication,
      approve: decisions.approveSeller,
      reject: decisions.rejectSeller,
      suspend: decisions.suspendSeller,
      reinstate: decisions.reinstateSeller,
      ...{ setOffer, endOffer, offers: listOffers, productOffers: listProductOffers, rate: rateSeller },
      ...{ offersOf, reserve: reservePieces, giveBack: givePiecesBack },
      ...{ setCommission, commissions: listCommissions, deleteCommission },
      ...{ balance: readBalance, payouts: listPayouts, statement: readStatement, statementAsCsv },
    },
    consumers: [
      ...[orderCreated, orderStatusChanged, orderCancelled, paymentRefunded],
      ...[productCreated, productUpdated],
    ],
    queues: [checks, payoutQueue],
    jobs: [expireReservations, makePayouts, tidy],
    alarms: { expiredReservations: { summary: "Reservations of offers past their expiry", count: countExpired } },
  });
}

export default sellersService();
