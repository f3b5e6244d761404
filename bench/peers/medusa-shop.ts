import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient } from "#tools/replay/http.ts";
import { asObject, asObjects, asText, type Json } from "#tools/replay/json.ts";
import { pool } from "#tools/replay/pool.ts";
import { ask } from "./shopping.ts";
import { CUSTOMERS, emailOf, PASSWORD, PRODUCTS, STOCK } from "./system.ts";

const POLL_MS = 500;
const LOGINS = 4;

interface FilledMedusa {
  variantIds: string[];
  regionId: string;
  /** The key without which its store answers nothing. */
  headers: Record<string, string>;
  tokens: string[];
}

/**
 * Sets up an empty Medusa by its admin API, as a merchant would: a region with tax, a warehouse that ships, products
 * with stock; and customers.
 * @throws Error when it does not answer within `startMs`, or refuses something
 */
export async function fillMedusa(
  url: string,
  staff: { email: string; password: string },
  startMs: number,
): Promise<FilledMedusa> {
  const http = new HttpClient(url, LOGINS);
  try {
    await healthy(http, startMs);
    const { token } = await ask(http, { method: "POST", path: "/auth/user/emailpass", body: staff });
    const admin = new Admin(http, asText(token, "token"));
    const regionId = await makeRegion(admin);
    const { salesChannelId, headers } = await makeStore(admin);
    const { locationId, profileId } = await makeWarehouse(admin, salesChannelId);
    const variantIds = await makeProducts(admin, { salesChannelId, locationId, profileId });
    return { variantIds, regionId, headers, tokens: await registerAll(http, headers) };
  } finally {
    http.close();
  }
}

class Admin {
  readonly #http: HttpClient;
  readonly #headers: Record<string, string>;

  constructor(http: HttpClient, token: string) {
    this.#http = http;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  post(path: string, body: Json): Promise<Json> {
    return ask(this.#http, { method: "POST", path: `/admin${path}`, headers: this.#headers, body });
  }

  get(path: string): Promise<Json> {
    return ask(this.#http, { method: "GET", path: `/admin${path}`, headers: this.#headers });
  }

  /** Makes something, and answers its id. `key` is the name that the answer gives it. */
  async make(path: string, key: string, body: Json): Promise<string> {
    return asText(asObject((await this.post(path, body))[key]).id, key);
  }
}

async function healthy(http: HttpClient, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await http.send({ method: "GET", path: "/health" }).catch(() => undefined);
    if (answer?.status === 200) return;
    if (performance.now() > deadline) throw new Error(`Medusa was not ready within ${withinMs} ms`);
    await sleep(POLL_MS);
  }
}

async function makeRegion(admin: Admin): Promise<string> {
  const regionId = await admin.make("/regions", "region", {
    name: "United States",
    currency_code: "usd",
    countries: ["us"],
    payment_providers: ["pp_system_default"],
  });
  await admin.post("/tax-regions", {
    country_code: "us",
    provider_id: "tp_system",
    default_tax_rate: { rate: 10, code: "standard", name: "Standard" },
  });
  return regionId;
}

async function makeStore(admin: Admin): Promise<{ salesChannelId: string; headers: Record<string, string> }> {
  const salesChannelId = await admin.make("/sales-channels", "sales_channel", { name: "Peer" });
  const { api_key: key } = await admin.post("/api-keys", { title: "Peer", type: "publishable" });
  const { id, token } = asObject(key);
  await admin.post(`/api-keys/${id}/sales-channels`, { add: [salesChannelId] });
  return { salesChannelId, headers: { "x-publishable-api-key": asText(token, "publishable key") } };
}

async function makeWarehouse(admin: Admin, salesChannelId: string): Promise<{ locationId: string; profileId: string }> {
  const locationId = await admin.make("/stock-locations", "stock_location", {
    name: "Warehouse",
    address: { address_1: "1 Dock", city: "Springfield", country_code: "us" },
  });
  await admin.post(`/stock-locations/${locationId}/sales-channels`, { add: [salesChannelId] });
  await admin.post(`/stock-locations/${locationId}/fulfillment-providers`, { add: ["manual_manual"] });
  const { stock_location: location } = await admin.post(
    `/stock-locations/${locationId}/fulfillment-sets?fields=*fulfillment_sets`,
    { name: "Shipping", type: "shipping" },
  );
  const [set] = asObjects(asObject(location).fulfillment_sets);
  const { fulfillment_set: zoned } = await admin.post(`/fulfillment-sets/${set?.id}/service-zones`, {
    name: "United States",
    geo_zones: [{ type: "country", country_code: "us" }],
  });
  const [zone] = asObjects(asObject(zoned).service_zones);
  const profileId = await admin.make("/shipping-profiles", "shipping_profile", { name: "Peer", type: "default" });
  await admin.post("/shipping-options", {
    name: "Standard Shipping",
    service_zone_id: zone?.id,
    shipping_profile_id: profileId,
    provider_id: "manual_manual",
    price_type: "flat",
    type: { label: "Standard", description: "Ships in two days", code: "standard" },
    prices: [{ currency_code: "usd", amount: 5 }],
    rules: [
      { attribute: "enabled_in_store", value: "true", operator: "eq" },
      { attribute: "is_return", value: "false", operator: "eq" },
    ],
  });
  return { locationId, profileId };
}

/** @returns the ids of their variants */
async function makeProducts(
  admin: Admin,
  { salesChannelId, locationId, profileId }: { salesChannelId: string; locationId: string; profileId: string },
): Promise<string[]> {
  const products = Array.from({ length: PRODUCTS }, (_, at) => ({
    title: `Product ${at}`,
    status: "published",
    shipping_profile_id: profileId,
    sales_channels: [{ id: salesChannelId }],
    options: [{ title: "Size", values: ["One"] }],
    variants: [
      {
        title: "One",
        sku: `SKU-${at}`,
        manage_inventory: true,
        options: { Size: "One" },
        prices: [{ currency_code: "usd", amount: 19.99 }],
      },
    ],
  }));
  const { created } = await admin.post("/products/batch?fields=id,*variants", { create: products });
  const { inventory_items: items } = await admin.get(`/inventory-items?limit=${PRODUCTS}&fields=id`);
  await admin.post("/inventory-items/location-levels/batch", {
    create: asObjects(items).map(({ id }) => ({
      inventory_item_id: id,
      location_id: locationId,
      stocked_quantity: STOCK,
    })),
  });
  return asObjects(created).flatMap(({ variants }) => asObjects(variants).map(({ id }) => asText(id, "variant")));
}

/** @returns the tokens of new customers who are logged in */
async function registerAll(http: HttpClient, headers: Record<string, string>): Promise<string[]> {
  const tokens: string[] = [];
  const path = "/auth/customer/emailpass";
  await pool([...Array(CUSTOMERS).keys()], LOGINS, async (customer) => {
    const body = { email: emailOf(customer), password: PASSWORD };
    const { token } = await ask(http, { method: "POST", path: `${path}/register`, body });
    await ask(http, {
      method: "POST",
      path: "/store/customers",
      headers: { ...headers, authorization: `Bearer ${token}` },
      body: { email: body.email, first_name: "Peer", last_name: "Customer" },
    });
    tokens[customer] = asText((await ask(http, { method: "POST", path, body })).token, "token");
  });
  return tokens;
}
