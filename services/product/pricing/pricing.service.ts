import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { quoteItems } from "./actions/quote.ts";
import { getCurrentPrices, getPrice, listPrices } from "./actions/read-prices.ts";
import { setPrice } from "./actions/set-price.ts";
import { setPrices, setPricesOfNewVariants } from "./actions/set-prices.ts";
import { productCreated } from "./consumers/product-created.ts";
import { productUpdated } from "./consumers/product-updated.ts";
import { pricing } from "./contract.ts";
import { priceModel } from "./pricing.models.ts";
import { seedDemo } from "./seed.ts";
import { type Deps, setUp } from "./setup.ts";
import { addTaxExemption, deleteTaxExemption, listTaxExemptions } from "./tax/actions/exemptions.ts";
import { createTaxRate, deleteTaxRate, getTaxRate, listTaxRates, setTaxRate } from "./tax/actions/rates.ts";
import { getTaxSettings, setTaxSettings } from "./tax/actions/settings.ts";
import { getTaxes } from "./tax/actions/taxes.ts";

export default service<typeof pricing, Deps>(pricing, {
  database: { migrations: join(import.meta.dirname, "migrations"), model: priceModel, keepPlans: true },
  setup: setUp,
  actions: {
    list: listPrices,
    get: getPrice,
    setPrice,
    setPrices,
    setPricesOfNewVariants,
    quote: quoteItems,
    prices: getCurrentPrices,
    createTaxRate,
    taxRates: listTaxRates,
    taxRate: getTaxRate,
    setTaxRate,
    deleteTaxRate,
    taxSettings: getTaxSettings,
    setTaxSettings,
    addTaxExemption,
    taxExemptions: listTaxExemptions,
    deleteTaxExemption,
    taxes: getTaxes,
  },
  consumers: [productCreated, productUpdated],
  signals: { "pricing.taxesChanged": ({ taxBook }) => taxBook.changed() },
  teardown: ({ taxBook }) => taxBook.close(),
  ready: seedDemo,
});
