import { setTimeout as sleep } from "node:timers/promises";
import type { PaymentProvider } from "#services/commerce/payments/providers/provider.ts";
import type { MediaStorage } from "#services/product/media/storage/storage.ts";
import { type ApiOptions, apiInspection } from "./api.ts";
import { billingInspections } from "./billing.ts";
import { catalogInspection } from "./catalog-values.ts";
import { catalogueInspections } from "./catalogue.ts";
import { chargesInspection } from "./charges.ts";
import { type DatabaseLocations, ServiceDatabases } from "./databases.ts";
import { dealInspections } from "./deals.ts";
import { consumedInspection, eventInspections, type Listeners } from "./events.ts";
import { heldPricesInspection } from "./held-prices.ts";
import { importInspections } from "./imports.ts";
import type { Finding } from "./invariant.ts";
import { journalInspection } from "./journal-invariants.ts";
import { ledgerInspections } from "./ledger.ts";
import { listenersOf } from "./listeners.ts";
import { mediaInspections } from "./media.ts";
import { ordersInspection } from "./orders.ts";
import { priceInspections } from "./prices.ts";
import { productReviewInspections } from "./product-reviews.ts";
import { promotionInspections } from "./promotions.ts";
import { providerInspections } from "./provider.ts";
import { purchasesInspection } from "./purchases.ts";
import { reviewsInspection } from "./reviews.ts";
import { sellerInspections } from "./sellers.ts";
import { stockInspections } from "./stock.ts";
import { storedValueInspections } from "./stored-value.ts";
import { TwoStepCheck } from "./two-step-check.ts";

export interface VerifyOptions extends DatabaseLocations {
  /** Between the two looks. */
  graceSeconds?: number;
  /** Shown per invariant. */
  examples?: number;
  /** Advisory invariants, such as "no dead letters", count as violated, too. */
  strict?: boolean;
  /** A gateway to read through. */
  api?: ApiOptions;
  /** File with the answers that clients received. */
  journal?: string;
  /** The payment providers whose lists are compared with our payments. */
  providers?: readonly PaymentProvider[];
  /** Where the files of images are; absent: they are not looked at. */
  images?: MediaStorage;
  /** Which group consumes which events; absent: read from the services. */
  listeners?: Listeners;
}

export const GRACE_SECONDS = 10; // a saga takes less than one; a node that was killed is back by then
export const EXAMPLES = 5;

/**
 * Checks the invariants of a running shop, reading only. A row that seems wrong is read again after the grace time, and
 * counts only if it is wrong in the same way: between two commits of a saga the databases disagree.
 * @throws Error when there is no such shop; anything else that cannot be read is a finding
 */
export async function verify(options: VerifyOptions): Promise<Finding[]> {
  const {
    graceSeconds = GRACE_SECONDS,
    examples = EXAMPLES,
    strict = false,
    api,
    journal,
    providers = [],
    images,
  } = options;
  const listeners = options.listeners ?? (await listenersOf());
  const inspections = [
    ...stockInspections,
    ordersInspection,
    purchasesInspection,
    reviewsInspection,
    ...providerInspections(providers.map(({ name }) => name)),
    ...(providers.length > 0 ? [chargesInspection(providers)] : []),
    ...storedValueInspections,
    ...priceInspections,
    ...promotionInspections,
    heldPricesInspection,
    ...dealInspections,
    ...ledgerInspections,
    ...billingInspections,
    ...sellerInspections,
    ...catalogueInspections,
    catalogInspection,
    ...importInspections,
    ...mediaInspections(images),
    ...productReviewInspections,
    ...eventInspections,
    consumedInspection(listeners),
    ...(api ? [apiInspection(api)] : []),
    ...(journal ? [journalInspection(journal)] : []),
  ];
  const databases = await ServiceDatabases.find(options);
  try {
    const checks = inspections.map((inspection) => new TwoStepCheck(inspection));
    for (const check of checks) await check.look(databases);
    if (checks.some(({ suspicious }) => suspicious)) await sleep(graceSeconds * 1_000);
    for (const check of checks) await check.lookAgain(databases);
    return checks.flatMap((check) => check.findings(examples, strict));
  } finally {
    await databases.close();
  }
}
