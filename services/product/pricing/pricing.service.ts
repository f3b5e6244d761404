import { join } from "node:path";
import { service } from "#mixins/service/service.ts";
import { listExchangeRates, setExchangeRate } from "./actions/exchange-rates.ts";
import * as listPrices from "./actions/list-prices.ts";
import { getPriceHistory } from "./actions/price-history.ts";
import * as lists from "./actions/price-lists.ts";
import { quoteItems } from "./actions/quote.ts";
import { getCurrentPrices, getOwnPrices, getPrice, listPrices as listBasePrices } from "./actions/read-prices.ts";
import { setPrice } from "./actions/set-price.ts";
import { setPrices, setPricesOfNewVariants } from "./actions/set-prices.ts";
import { streamPrices } from "./actions/stream-prices.ts";
import { customerGroupsChanged } from "./consumers/customer-groups-changed.ts";
import { productCreated } from "./consumers/product-created.ts";
import { productUpdated } from "./consumers/product-updated.ts";
import { pricing } from "./contract.ts";
import { priceUpdates } from "./intakes/price-updates.ts";
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
    list: listBasePrices,
    get: getPrice,
    setPrice,
    setPrices,
    setPricesOfNewVariants,
    streamPrices,
    prices: getCurrentPrices,
    ownPrices: getOwnPrices,
    quote: quoteItems,
    history: getPriceHistory,
    createList: lists.createPriceList,
    lists: lists.listPriceLists,
    getList: lists.getPriceList,
    setList: lists.setPriceList,
    deleteList: lists.deletePriceList,
    setListPrice: listPrices.setListPrice,
    setListPrices: listPrices.setListPrices,
    listPrices: listPrices.listListPrices,
    getListPrices: listPrices.getListPrices,
    deleteListPrices: listPrices.deleteListPrices,
    setRate: setExchangeRate,
    rates: listExchangeRates,
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
  consumers: [customerGroupsChanged, productCreated, productUpdated],
  intakes: [priceUpdates],
  signals: { "pricing.taxesChanged": ({ taxBook }) => taxBook.changed() },
  teardown: ({ taxBook }) => taxBook.close(),
  ready: seedDemo,
});
