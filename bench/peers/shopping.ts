import { randomUUID } from "node:crypto";
import { HttpClient, type HttpRequest } from "#tools/replay/http.ts";
import { asObject, asObjects, asText, type Json, jsonObject } from "#tools/replay/json.ts";
import { isPaid } from "#tools/replay/shop.ts";
import type { Shop, SystemName } from "./system.ts";

/** Buys one piece of something, from the empty cart to the paid order. @throws Error when the order is not paid */
type Buy = (shopper: { http: HttpClient; shop: Shop; token: string; article: string }) => Promise<void>;

const ADDRESS = {
  firstName: "Peer",
  lastName: "Customer",
  street: "1 Bench Street",
  city: "Springfield",
  zip: "62701",
};

/**
 * Ready to buy as one of the clients.
 * @throws Error in one line when the system refuses
 */
export function shopperIn(shop: Shop, connections: number): { buy: (client: number) => Promise<void>; close(): void } {
  const http = new HttpClient(shop.url, connections);
  const buy = FLOWS[shop.system];
  return {
    buy: (client) => {
      const article = shop.goods[Math.floor(Math.random() * shop.goods.length)] ?? "";
      return buy({ http, shop, token: shop.tokens[client] ?? "", article });
    },
    close: () => http.close(),
  };
}

/** The answer's body. @throws Error when it is not a success */
export async function ask(http: HttpClient, request: HttpRequest): Promise<Json> {
  const { status, text } = await http.send(request);
  if (status >= 200 && status < 300) return jsonObject(text);
  throw new Error(`${request.method} ${request.path} answered ${status} ${text.slice(0, 300)}`);
}

/** The one field that a GraphQL request asks for. @throws Error when it has errors */
export async function askGraphql(
  http: HttpClient,
  path: string,
  query: string,
  variables: Json,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const answer = await ask(http, { method: "POST", path, headers, body: { query, variables } });
  if (answer.errors !== undefined) throw new Error(`${path}: ${JSON.stringify(answer.errors).slice(0, 300)}`);
  return Object.values(asObject(answer.data))[0];
}

const buyInTradepost: Buy = async ({ http, token, article }) => {
  const headers = { authorization: `Bearer ${token}` };
  const post = (path: string, body: Json, more = {}) =>
    ask(http, { method: "POST", path: `/api/v1${path}`, headers: { ...headers, ...more }, body });
  const [productId, sku] = article.split(" ");
  const { cartId } = await post("/carts", {});
  await post(`/carts/${cartId}/items`, { productId, sku, quantity: 1 });
  const { street, city, zip: zipCode } = ADDRESS;
  const shippingAddress = { street, city, state: "IL", zipCode, country: "US" };
  const waiting = { "idempotency-key": randomUUID(), prefer: "wait=10" };
  const order = await post("/checkout", { cartId, shippingAddress, paymentMethodId: "pm_card_visa" }, waiting);
  if (!isPaid(order.status)) throw new Error(`an order is ${order.status}`);
};

const ORDER = "{ __typename ... on Order { id state totalWithTax } ... on ErrorResult { errorCode message } }";

const buyInVendure: Buy = async ({ http, token, article }) => {
  const shop = (query: string, variables: Json) =>
    askGraphql(http, "/shop-api", query, variables, { authorization: `Bearer ${token}` });
  const change = async (query: string, variables: Json): Promise<Json> => {
    const order = asObject(await shop(query, variables));
    if (order.__typename !== "Order") throw new Error(`Vendure: ${order.errorCode ?? JSON.stringify(order)}`);
    return order;
  };
  await change(`mutation ($id: ID!) { addItemToOrder(productVariantId: $id, quantity: 1) ${ORDER} }`, { id: article });
  await change(`mutation ($input: CreateAddressInput!) { setOrderShippingAddress(input: $input) ${ORDER} }`, {
    input: {
      fullName: `${ADDRESS.firstName} ${ADDRESS.lastName}`,
      streetLine1: ADDRESS.street,
      city: ADDRESS.city,
      province: "IL",
      postalCode: ADDRESS.zip,
      countryCode: "US",
    },
  });
  const methods = asObjects(await shop("query { eligibleShippingMethods { id name priceWithTax } }", {}));
  await change(`mutation ($id: [ID!]!) { setOrderShippingMethod(shippingMethodId: $id) ${ORDER} }`, {
    id: [methods[0]?.id],
  });
  await change(`mutation { transitionOrderToState(state: "ArrangingPayment") ${ORDER} }`, {});
  const paid = await change(`mutation ($input: PaymentInput!) { addPaymentToOrder(input: $input) ${ORDER} }`, {
    input: { method: "test-payment", metadata: {} },
  });
  if (paid.state !== "PaymentSettled") throw new Error(`Vendure: an order is ${paid.state}`);
};

const buyInMedusa: Buy = async ({ http, shop, token, article }) => {
  const headers = { authorization: `Bearer ${token}`, ...shop.headers };
  const post = (path: string, body: Json) => ask(http, { method: "POST", path: `/store${path}`, headers, body });
  const { cart } = await post("/carts", { region_id: shop.regionId });
  const cartId = asText(asObject(cart).id, "cart");
  await post(`/carts/${cartId}/line-items`, { variant_id: article, quantity: 1 });
  const address = {
    first_name: ADDRESS.firstName,
    last_name: ADDRESS.lastName,
    address_1: ADDRESS.street,
    city: ADDRESS.city,
    province: "us-il",
    postal_code: ADDRESS.zip,
    country_code: "us",
  };
  await post(`/carts/${cartId}`, { shipping_address: address, billing_address: address });
  const options = await ask(http, { method: "GET", path: `/store/shipping-options?cart_id=${cartId}`, headers });
  const [option] = asObjects(options.shipping_options);
  await post(`/carts/${cartId}/shipping-methods`, { option_id: option?.id });
  const { payment_collection: collection } = await post("/payment-collections", { cart_id: cartId });
  const collectionId = asText(asObject(collection).id, "payment collection");
  await post(`/payment-collections/${collectionId}/payment-sessions`, { provider_id: "pp_system_default" });
  const { type } = await post(`/carts/${cartId}/complete`, {});
  if (type !== "order") throw new Error(`Medusa: completing a cart gave ${type}`);
};

const runOnDbos: Buy = async ({ http }) => void (await ask(http, { method: "POST", path: "/" }));

const FLOWS: Record<SystemName, Buy> = {
  tradepost: buyInTradepost,
  vendure: buyInVendure,
  medusa: buyInMedusa,
  dbos: runOnDbos,
};
