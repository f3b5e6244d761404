import { resolve } from "node:path";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Convert, Default } from "typebox/value";

const OnOff = Type.Union([Type.Literal("on"), Type.Literal("off")]);

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
  RATE_LIMIT: Type.Intersect([OnOff], { default: "on", description: "`off` for load tests on your own machine" }),
  SEED_DEMO: Type.Optional(
    Type.Intersect([OnOff], {
      description: "demo catalogue and accounts; on when the database is empty, not production",
    }),
  ),
  CAPTURE_ON: Type.Union([Type.Literal("confirmation"), Type.Literal("handoff")], {
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
  LOG_LEVEL: Type.Union(
    (["fatal", "error", "warn", "info", "debug", "trace"] as const).map((level) => Type.Literal(level)),
    { default: "info", description: "least severe log line written" },
  ),
  TRUST_PROXY: Type.Intersect([OnOff], {
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

/**
 * Reads settings from a bag of variables.
 * @throws Error whose message is one line naming the variable and what is wrong with it
 */
export function parseEnv(variables: Readonly<Record<string, string | undefined>>): Env {
  const known = Object.fromEntries(
    Object.keys(EnvSchema.properties).flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])),
  );
  const values = Default(EnvSchema, Convert(EnvSchema, known));
  if (!checked.Check(values)) {
    const first = checked.Errors(values)[0];
    throw new Error(`${first?.instancePath.slice(1) || "environment"}: ${first?.message ?? "invalid"}`);
  }
  const databaseUrls: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    const service = /^([A-Z][A-Z0-9_]*)_DATABASE_URL$/.exec(name)?.[1];
    if (service && value) databaseUrls[service.toLowerCase().replaceAll("_", "-")] = value;
  }
  return Object.freeze({
    ...values,
    DATA_DIR: resolve(values.DATA_DIR),
    databaseUrls: Object.freeze(databaseUrls),
    production: values.NODE_ENV === "production",
  });
}

let parsed: Env | undefined;

/** The settings of this process, read once. */
export function processEnv(): Env {
  parsed ??= parseEnv(process.env);
  return parsed;
}
