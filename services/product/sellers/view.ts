import { toMajor } from "#lib/contract/money.ts";
import type { StoredDocument } from "./documents.store.ts";
import type { CommissionRule } from "./domain/commission.ts";
import { positivePermille } from "./domain/featured-offer.ts";
import type { Offer, SellersOffer } from "./offers.store.ts";
import type { StoredPayout } from "./payouts.store.ts";
import type { Seller } from "./sellers.store.ts";

export function sellerView(seller: Seller) {
  const { sellerId, status, reason, name, email, country, legalName, taxId, address, ibanEnd, createdAt } = seller;
  return {
    ...{ sellerId, status, name, email, country },
    ...(reason === null ? {} : { reason }),
    ...(legalName === null ? {} : { legalName }),
    ...(taxId === null ? {} : { taxId }),
    ...(address === null ? {} : { address }),
    ...(ibanEnd === null ? {} : { ibanEnd }),
    createdAt: createdAt.toISOString(),
  };
}

export function documentView({ documentId, type, mediaType, bytes, createdAt }: StoredDocument) {
  return { documentId, type, mediaType, bytes, createdAt: createdAt.toISOString() };
}

export function offerView({ sellerId, sku, currency, priceMinor, stock, handlingDays, changedAt }: Offer) {
  const price = toMajor(priceMinor, currency);
  return { sellerId, sku, price, currency, stock, handlingDays, changedAt: changedAt.toISOString() };
}

/** An offer of a seller as shoppers see it. */
export function shownOfferView({ sellerId, sku, currency, priceMinor, stock, handlingDays, ...seller }: SellersOffer) {
  const rating = { positiveShare: positivePermille(seller) / 1_000, count: seller.rated };
  return {
    ...{ sku, sellerId, sellerName: seller.sellerName },
    ...{ price: toMajor(priceMinor, currency), currency, available: stock, handlingDays, rating },
  };
}

export function ruleView({ sellerId, category, basisPoints, minimum }: CommissionRule) {
  return {
    ...(sellerId === null ? {} : { sellerId }),
    ...(category === null ? {} : { category }),
    percent: basisPoints / 100,
    ...(minimum === null ? {} : { minimum: toMajor(minimum.minor, minimum.currency), currency: minimum.currency }),
  };
}

export function payoutView({ payoutId, period, amountMinor, currency, status, reason, ...at }: StoredPayout) {
  return {
    ...{ payoutId, period: period.toISOString(), amount: toMajor(amountMinor, currency), currency, status },
    ...(reason === null ? {} : { reason }),
    createdAt: at.createdAt.toISOString(),
    ...(status === "sent" && at.settledAt !== null ? { sentAt: at.settledAt.toISOString() } : {}),
  };
}
