import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { toMinor } from "#lib/contract/money.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import { NewSkus, withKnownSkus } from "#services/product/catalog/contract.ts";
import { DEFAULT_CURRENCY } from "#services/product/pricing/contract.ts";
import type { sellers } from "../contract.ts";
import { byRank, type Candidate } from "../domain/featured-offer.ts";
import { sellerLimits } from "../domain/limits.ts";
import { maySell } from "../domain/seller.ts";
import * as store from "../offers.store.ts";
import { lockSeller } from "../sellers.store.ts";
import type { Deps } from "../setup.ts";
import { forgetOffers } from "../steps/forget-offers.ts";
import { requireSeller } from "../steps/require-seller.ts";
import { offerView, shownOfferView } from "../view.ts";

type Actions = typeof sellers.actions;

export const setOffer: Handler<Actions["setOffer"], Deps> = transactional(async (ctx, { price, ...terms }) => {
  const { sellerId, sku, currency } = terms;
  await requireSeller(ctx, sellerId);
  const priceMinor = toMinor(price, currency, "/price");
  return withKnownSkus(
    ctx,
    [{ sku }],
    () => "",
    (isKnown) =>
      ctx.transaction(async (tx) => {
        const seller = await lockSeller(tx, sellerId); // a suspension at the same moment waits, or is seen here
        if (!seller || !maySell(seller.status)) throw new DomainError("SELLER_NOT_APPROVED");
        if (!(await store.hasOffer(tx, sellerId, sku))) {
          if (!isKnown) throw new NewSkus([sku]);
          if ((await store.countOffers(tx, sellerId)) >= sellerLimits.OFFERS)
            throw new DomainError("LIMIT_REACHED", `A seller can have at most ${sellerLimits.OFFERS} offers.`);
        }
        const saved = await store.saveOffer(tx, { ...terms, priceMinor });
        forgetOffers(ctx, tx, [sku]);
        return offerView(saved);
      }),
  );
});

export const endOffer: Handler<Actions["endOffer"], Deps> = transactional(async (ctx, { sellerId, sku }) => {
  await requireSeller(ctx, sellerId);
  return ctx.transaction(async (tx) => {
    if (!(await store.endOffer(tx, sellerId, sku))) throw new DomainError("NOT_FOUND");
    forgetOffers(ctx, tx, [sku]);
    return {};
  });
});

export const listOffers: Handler<Actions["offers"], Deps> = async (ctx, { sellerId, ...params }) => {
  await requireSeller(ctx, sellerId);
  const { page, limit, offset } = paging(params);
  const { rows, total } = await store.pageOfOffers(ctx.db, sellerId, { limit, offset });
  return { offers: rows.map(offerView), pagination: { page, limit, total } };
};

export const offersOf: Handler<Actions["offersOf"], Deps> = async (ctx, { items, currency }) => {
  const found = await store.offersThatHold(ctx.db, items, currency);
  return {
    offers: found.map(({ sellerId, sku, sellerName, priceMinor, handlingDays, stock }) => ({
      ...{ sellerId, sku, sellerName, priceMinor, handlingDays, available: stock },
    })),
  };
};

type Shown = Awaited<ReturnType<Handler<Actions["productOffers"], Deps>>>["offers"][number];
type Ranked = Candidate & { shown: Shown };

export const listProductOffers: Handler<Actions["productOffers"], Deps> = async (
  ctx,
  { productId, currency = DEFAULT_CURRENCY },
) => {
  const { variants } = await ctx.call("catalog.get", { productId, currency });
  const skus = variants.map(({ sku }) => sku);
  const found = await store.offersToBuy(ctx.db, skus, currency);
  const ofSellers = found.map((offer): Ranked => ({ ...offer, shown: shownOfferView(offer) }));
  const all = Map.groupBy([...shopsOffers(variants, currency), ...ofSellers], ({ shown: { sku } }) => sku);
  return {
    productId,
    skus,
    offers: skus.flatMap((sku) => (all.get(sku) ?? []).sort(byRank).map(({ shown }) => shown)),
  };
};

type Variants = CallResult<"catalog.get">["variants"];

/** What the shop itself sells now. It has no ratings, so it counts as a new seller does. */
function shopsOffers(variants: Variants, currency: string): Ranked[] {
  const handlingDays = sellerLimits.SHOP_HANDLING_DAYS;
  return variants.flatMap(({ sku, price, available }) => {
    if (price === null || available === null || available <= 0) return [];
    const shown = { sku, price: price.amount, currency, available, handlingDays };
    return [{ priceMinor: toMinor(price.amount, currency), handlingDays, rated: 0, positive: 0, shown }];
  });
}
