import { resolve } from "node:path";
import { type Static, type TSchema, Type } from "typebox";
import { Compile } from "typebox/schema";
import { catalogSettings } from "./catalog-settings.ts";
import { isCountry } from "./countries.ts";
import { localesOf } from "./locales.ts";
import { mediaSettings } from "./media-settings.ts";
import { dealSettings, fraudSettings, payoutSettings, priceSettings, sellerSettings } from "./shop-settings.ts";

const OnOff = ["on", "off"] as const;

/** Every variable that the shop reads, with its default. Only this file reads `process.env`. */
export const EnvSchema = Type.Object({
  NODE_ENV: Type.String({
    default: "development",
    description: "`production` requires real secrets and inserts no demo data",
  }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65535, description: "TCP port of the gateway" }),
  HOST: Type.String({ default: "0.0.0.0", description: "address the gateway listens on" }),
  DATABASE_URL: Type.Optional(
    Type.String({
      description: "Postgres server; absent: an embedded server",
    }),
  ),
  DATABASE_LAYOUT: Type.Optional(
    Type.Enum(["schemas", "databases"], {
      description:
        "`schemas`: one database with a schema for each service; `databases`: a database for each service; absent: as the server already has it, `schemas` on a new one",
    }),
  ),
  NATS_URL: Type.Optional(
    Type.String({ description: "NATS server with JetStream; absent: everything in one process" }),
  ),
  REDIS_URL: Type.Optional(
    Type.String({ description: "Redis for carts and rate limits; absent: Postgres and memory" }),
  ),
  DATA_DIR: Type.String({
    default: ".data",
    description: "folder of the embedded database and of generated development keys",
  }),
  STRIPE_SECRET_KEY: Type.Optional(Type.String({ description: "secret key of Stripe; absent: the test provider" })),
  STRIPE_WEBHOOK_SECRET: Type.Optional(Type.String({ description: "secret that Stripe signs its webhooks with" })),
  STRIPE_API_BASE: Type.Optional(Type.String({ description: "another server with Stripe's API, for tests" })),
  PAYPAL_CLIENT_ID: Type.Optional(Type.String({ description: "client id of PayPal; absent: no PayPal" })),
  PAYPAL_CLIENT_SECRET: Type.Optional(Type.String({ description: "secret of PAYPAL_CLIENT_ID" })),
  PAYPAL_WEBHOOK_ID: Type.Optional(
    Type.String({ description: "PayPal's id of the webhook, which is part of its signatures" }),
  ),
  PAYPAL_API_BASE: Type.Optional(
    Type.String({ description: "`https://api-m.sandbox.paypal.com` for tests; absent: PayPal itself" }),
  ),
  VNPAY_TERMINAL: Type.Optional(Type.String({ description: "terminal code (vnp_TmnCode) of VNPay; absent: no VNPay" })),
  VNPAY_SECRET: Type.Optional(Type.String({ description: "hash secret of VNPAY_TERMINAL" })),
  VNPAY_API_BASE: Type.Optional(
    Type.String({ description: "`https://sandbox.vnpayment.vn` for tests; absent: VNPay itself" }),
  ),
  MOMO_PARTNER_CODE: Type.Optional(Type.String({ description: "partner code of MoMo; absent: no MoMo" })),
  MOMO_ACCESS_KEY: Type.Optional(Type.String({ description: "access key of MOMO_PARTNER_CODE" })),
  MOMO_SECRET_KEY: Type.Optional(Type.String({ description: "secret key of MOMO_PARTNER_CODE" })),
  MOMO_API_BASE: Type.Optional(
    Type.String({ description: "`https://test-payment.momo.vn` for tests; absent: MoMo itself" }),
  ),
  PAYMENT_ROUTES: Type.Optional(
    Type.String({
      description:
        'which provider takes which payments, the first that fits: JSON such as `[{"provider": "paypal", "types": ["wallet"], "currencies": ["USD"], "countries": ["US"]}, {"provider": "stripe"}]`; absent: what each configured provider can do',
    }),
  ),
  PUBLIC_URL: Type.String({
    default: "http://localhost:3000",
    description: "address of the gateway as the world sees it; providers send notifications there",
  }),
  PAYMENT_RETURN_URL: Type.String({
    default: "http://localhost:3000/docs",
    description: "page to which providers send customers back; `{orderId}` in it is replaced",
  }),
  VAULT_KEYS: Type.Optional(
    Type.String({
      description:
        "main keys that encrypt saved payment methods, and documents and bank accounts of sellers: `name:base64 of 32 bytes`, separated by commas, the one in use first; in production required for these, otherwise generated in DATA_DIR",
    }),
  ),
  VAULT_KEYS_FILE: Type.Optional(Type.String({ description: "file with VAULT_KEYS, one key a line" })),
  JWT_PRIVATE_KEY: Type.Optional(
    Type.String({
      description: "RS256 private key, PEM (PKCS#8); required in production, otherwise generated in DATA_DIR",
    }),
  ),
  ADMIN_EMAIL: Type.Optional(
    Type.String({
      description: "email of the first member of staff, who is created when there is none; needs ADMIN_PASSWORD",
    }),
  ),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({ description: "password for ADMIN_EMAIL; ignored when there is staff already" }),
  ),
  RATE_LIMIT: Type.Enum(OnOff, {
    default: "on",
    description: "`off` switches rate limits off, for load tests on your own machine",
  }),
  SEED_DEMO: Type.Optional(
    Type.Enum(OnOff, {
      description:
        "insert the demo catalogue and accounts into an empty database; absent: `on`, but `off` in production",
    }),
  ),
  CAPTURE_ON: Type.Enum(["confirmation", "handoff"], {
    default: "confirmation",
    description: "when an authorised payment is captured",
  }),
  SHOP_COUNTRY: Type.String({
    default: "US",
    description: "ISO 3166-1 alpha-2 code of the shop's own country, which addresses without a country get",
  }),
  ...catalogSettings,
  SHOP_LOCALES: Type.Optional(
    Type.String({
      description:
        "languages of the shop, its own one first, such as `en,de,de-AT`: `Accept-Language` chooses among them; absent: its own is `en`, and any other may be chosen",
    }),
  ),
  ...fraudSettings,
  ...priceSettings,
  ...dealSettings,
  ...sellerSettings,
  ...payoutSettings,
  ...mediaSettings,
  NAMESPACE: Type.String({
    default: "tradepost",
    pattern: "^[a-z0-9-]+$",
    description: "name of the cluster; keeps clusters apart that share servers",
  }),
  NODE_ID: Type.Optional(Type.String({ description: "name of this node in the cluster; absent: host name and pid" })),
  EVENT_REPLICAS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 5,
    description: "JetStream replicas of each stream",
  }),
  METRICS_PORT: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65535, description: "port of `/metrics` (Prometheus); absent: no metrics" }),
  ),
  TRACE_COLLECTOR: Type.Optional(
    Type.String({
      pattern: "^(console|https?://.+)$",
      description: "`console`, or the URL of a Zipkin-compatible collector that gets the spans; absent: no tracing",
    }),
  ),
  LOG_LEVEL: Type.Enum(["fatal", "error", "warn", "info", "debug", "trace"], {
    default: "info",
    description: "lowest level of log lines that are written",
  }),
  ACCESS_LOG: Type.Optional(
    Type.Enum(OnOff, {
      description:
        "`on` logs every request to the gateway, also reads and refusals; absent: `on` at LOG_LEVEL debug and trace, otherwise only requests that may change something",
    }),
  ),
  UV_THREADPOOL_SIZE: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 1_024,
    description:
      "threads of Node's pool, which hash passwords, verify tokens and read files; two of them are never taken by passwords",
  }),
  FAILPOINT: Type.Optional(
    Type.String({
      description:
        "makes this node fail on purpose, for tests: `name:kill`, `name:throw` or `name:hang`; with `*3` at the end only the first three times; several are separated by commas; `node tools/chaos/fail-points.ts` lists the names; refused in production",
    }),
  ),
  CONNECTIONS_PER_ADDRESS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description:
        "connections that one client address may have open; absent: 1,000; not counted with TRUST_PROXY=on, because all connections come from the proxy",
    }),
  ),
  TRUST_PROXY: Type.Enum(OnOff, {
    default: "off",
    description:
      "`on` behind a reverse proxy that sets X-Forwarded-For: the address of a client is taken from that header",
  }),
});

export type Env = Readonly<
  Static<typeof EnvSchema> & {
    /** `<SERVICE>_DATABASE_URL` overrides, by service name. */
    databaseUrls: Readonly<Record<string, string>>;
    production: boolean;
  }
>;

const checked = Compile(EnvSchema);
const schemas: Readonly<Record<string, TSchema>> = EnvSchema.properties;
const defaults = Object.fromEntries(
  Object.entries(schemas).flatMap(([name, schema]) => ("default" in schema ? [[name, schema.default]] : [])),
);

/** Only digits become a number, with a point where it may be a fraction. Any other text stays one, which the schema refuses. */
function read(name: string, text: string): string | number {
  if (Type.IsNumber(schemas[name]) && /^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text);
  return Type.IsInteger(schemas[name]) && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function wordsOf(name: string): readonly unknown[] {
  const schema = schemas[name];
  return Type.IsEnum(schema) ? schema.enum : [];
}

/**
 * Reads settings from variables.
 * @throws Error with one line that names the variable and the problem
 */
export function parseEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  const known = Object.fromEntries(
    Object.keys(schemas).flatMap((name) => {
      const text = variables[name]?.trim();
      return text ? [[name, read(name, text)]] : []; // an empty variable counts as absent
    }),
  );
  const values = { ...defaults, ...known };
  if (!checked.Check(values)) {
    const first = checked.Errors(values)[1][0];
    const name = first?.instancePath.slice(1) ?? "";
    const words = wordsOf(name);
    const fault = words.length > 0 ? `must be one of ${words.join(", ")}` : (first?.message ?? "invalid");
    throw new Error(`${name || "environment"}: ${fault}`);
  }
  if (!isCountry(values.SHOP_COUNTRY)) {
    throw new Error("SHOP_COUNTRY: must be the ISO 3166-1 alpha-2 code of a country, such as US");
  }
  if (values.SHOP_LOCALES !== undefined && !localesOf(values.SHOP_LOCALES)) {
    throw new Error("SHOP_LOCALES: must be locales with commas, such as en,de,de-AT");
  }
  const production = values.NODE_ENV === "production";
  if (production && values.FAILPOINT) throw new Error("FAILPOINT: in production fail points are not allowed");
  const databaseUrls: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    const service = /^([A-Z][A-Z0-9_]*)_DATABASE_URL$/.exec(name)?.[1];
    if (service && value) databaseUrls[service.toLowerCase().replaceAll("_", "-")] = value;
  }
  return Object.freeze({
    ...values,
    DATA_DIR: resolve(values.DATA_DIR),
    databaseUrls: Object.freeze(databaseUrls),
    production,
  });
}

let parsed: Env | undefined;

/** The settings of this process, read once. */
export function processEnv(): Env {
  parsed ??= parseEnv(process.env);
  return parsed;
}
