// A Vendure shop as its documentation sets one up: the core with its job queue, scheduler and search, prices with tax,
// and the payment handler for tests, which settles at once. It runs in the folder into which Vendure was installed.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  bootstrap,
  DefaultJobQueuePlugin,
  DefaultLogger,
  DefaultSchedulerPlugin,
  DefaultSearchPlugin,
  dummyPaymentHandler,
  JobQueueService,
  LanguageCode,
  LogLevel,
} from "@vendure/core";
import cli from "@vendure/core/cli/index.js";

const { PEER_PORT, PEER_DATABASE_URL, PEER_PRODUCTS, PEER_STOCK } = process.env;

const config = {
  apiOptions: { port: Number(PEER_PORT), hostname: "127.0.0.1", adminApiPath: "admin-api", shopApiPath: "shop-api" },
  authOptions: {
    tokenMethod: ["bearer"],
    requireVerification: false,
    superadminCredentials: { identifier: "peer-admin", password: "peer-admin-password-1" },
  },
  dbConnectionOptions: { type: "postgres", url: PEER_DATABASE_URL, synchronize: true, logging: false },
  logger: new DefaultLogger({ level: LogLevel.Error }),
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  plugins: [
    DefaultJobQueuePlugin.init({}),
    DefaultSchedulerPlugin.init(),
    DefaultSearchPlugin.init({ bufferUpdates: false }),
  ],
};

const initialData = {
  defaultLanguage: LanguageCode.en,
  defaultZone: "Americas",
  countries: [{ name: "United States", code: "US", zone: "Americas" }],
  taxRates: [{ name: "Standard Tax", percentage: 10 }],
  shippingMethods: [{ name: "Standard Shipping", price: 500 }],
  paymentMethods: [
    {
      name: "Test payment",
      handler: { code: dummyPaymentHandler.code, arguments: [{ name: "automaticSettle", value: "true" }] },
    },
  ],
  collections: [],
};

const columns = [
  ...["name", "slug", "description", "assets", "facets", "optionGroups", "optionValues", "sku", "price"],
  ...["taxCategory", "stockOnHand", "trackInventory", "variantAssets", "variantFacets"],
];
const rows = Array.from({ length: Number(PEER_PRODUCTS) }, (_, at) =>
  [
    `Product ${at}`,
    `product-${at}`,
    "",
    "",
    "",
    "",
    "",
    `SKU-${at}`,
    "19.99",
    "standard",
    PEER_STOCK,
    "true",
    "",
    "",
  ].join(),
);
const csv = join(import.meta.dirname, "products.csv");
await writeFile(csv, `${[columns.join(), ...rows].join("\n")}\n`);

const app = await cli.populate(() => bootstrap(config), initialData, csv);
await app.get(JobQueueService).start();
console.log("peer ready");
