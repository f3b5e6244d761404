import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { quoteItems } from "./actions/quote.ts";
import { getCurrentPrices, getPrice, listPrices } from "./actions/read-prices.ts";
import { setPrice } from "./actions/set-price.ts";
import { setPrices, setPricesOfNewVariants } from "./actions/set-prices.ts";
import { streamPrices } from "./actions/stream-prices.ts";
import { pricing } from "./contract.ts";
import { priceUpdates } from "./intakes/price-updates.ts";
import { priceModel } from "./pricing.models.ts";
import { seedDemo } from "./seed.ts";
import { type Deps, setUp } from "./setup.ts";

export default service<typeof pricing, Deps>(pricing, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: priceModel, keepPlans: true },
  setup: setUp,
  actions: {
    list: listPrices,
    get: getPrice,
    setPrice,
    setPrices,
    setPricesOfNewVariants,
    streamPrices,
    quote: quoteItems,
    prices: getCurrentPrices,
  },
  intakes: [priceUpdates],
  ready: seedDemo,
});
