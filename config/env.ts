import { resolve } from "node:path";
import { type Static, type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Default } from "typebox/value";

const OnOff = ["on", "off"] as const;

/** Every variable the shop reads, with its default. This file is the only reader of `process.env`. */
export const EnvSchema = Type.Object({
  NODE_ENV: Type.String({ default: "development", description: "`production` refuses made-up secrets and demo data" }),
  PORT: Type.Integer({ default: 3000, minimum: 0, maximum: 65535, description: "TCP port of the gateway" }),
  HOST: Type.String({ default: "0.0.0.0", description: "address the gateway listens on" }),
  DATABASE_URL: Type.Optional(
    Type.String({ description: "Postgres server on which each service has its own database; absent: embedded" }),
  ),
  NATS_URL: Type.Optional(
    Type.String({ description: "NATS server with JetStream; absent: everything in one process" }),
  ),
  REDIS_URL: Type.Optional(Type.String({ description: "Redis for carts and limits; absent: Postgres and memory" })),
  DATA_DIR: Type.String({ default: ".data", description: "folder of the embedded database and development keys" }),
  STRIPE_SECRET_KEY: Type.Optional(Type.String({ description: "use Stripe instead of the test provider" })),
  STRIPE_WEBHOOK_SECRET: Type.Optional(Type.String({ description: "verifies Stripe's webhooks" })),
  JWT_PRIVATE_KEY: Type.Optional(
    Type.String({ description: "RS256 private key, PEM (PKCS#8); required in production, made in DATA_DIR otherwise" }),
  ),
  ADMIN_EMAIL: Type.Optional(
    Type.String({ description: "first member of staff, made when there is none; with ADMIN_PASSWORD" }),
  ),
  ADMIN_PASSWORD: Type.Optional(Type.String({ description: "password of ADMIN_EMAIL; not read once there is staff" })),
  RATE_LIMIT: Type.Enum(OnOff, { default: "on", description: "`off` for load tests on your own machine" }),
  SEED_DEMO: Type.Optional(
    Type.Enum(OnOff, {
      description: "demo catalogue and accounts; on when the database is empty, not production",
    }),
  ),
  CAPTURE_ON: Type.Enum(["confirmation", "handoff"], {
    default: "confirmation",
    description: "when an authorised payment is captured",
  }),
  NAMESPACE: Type.String({
    default: "tradepost",
    pattern: "^[a-z0-9-]+$",
    description: "separates clusters on one NATS",
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
    description: "least severe log line written",
  }),
  FAILPOINT: Type.Optional(
    Type.String({
      description:
        "makes this node fail on purpose, for tests: `name:kill`, `name:throw` or `name:hang`, `*3` behind it for the first three times only, several by commas; names by `node tools/chaos/fail-points.ts`; not in production",
    }),
  ),
  TRUST_PROXY: Type.Enum(OnOff, {
    default: "off",
    description: "`on` behind a reverse proxy that sets X-Forwarded-For: count callers by that header",
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

/** Only digits are a number: half a port, or `true`, is a mistake and not a 1. */
function read(name: string, text: string): string | number {
  return Type.IsInteger(schemas[name]) && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function wordsOf(name: string): readonly unknown[] {
  const schema = schemas[name];
  return Type.IsEnum(schema) ? schema.enum : [];
}

/**
 * Reads settings from a bag of variables.
 * @throws Error whose message is one line naming the variable and what is wrong with it
 */
export function parseEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  const known = Object.fromEntries(
    Object.keys(schemas).flatMap((name) => {
      const text = variables[name]?.trim();
      return text ? [[name, read(name, text)]] : []; // `PORT=` is how one takes a variable back
    }),
  );
  const values = Default(EnvSchema, known);
  if (!checked.Check(values)) {
    const first = checked.Errors(values)[0];
    const name = first?.instancePath.slice(1) ?? "";
    const words = wordsOf(name);
    const fault = words.length > 0 ? `must be one of ${words.join(", ")}` : (first?.message ?? "invalid");
    throw new Error(`${name || "environment"}: ${fault}`);
  }
  const production = values.NODE_ENV === "production";
  if (production && values.FAILPOINT) throw new Error("FAILPOINT: a node in production does not fail on purpose");
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
