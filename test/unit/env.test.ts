import { isAbsolute } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { EnvSchema, parseEnv } from "#config/env.ts";

describe("settings", () => {
  test("have a default for every required variable", () => {
    const env = parseEnv({});
    expect(env).toMatchObject({
      PORT: 3000,
      HOST: "0.0.0.0",
      NAMESPACE: "tradepost",
      RATE_LIMIT: "on",
      TRUST_PROXY: "off",
      CAPTURE_ON: "confirmation",
      EVENT_REPLICAS: 1,
      LOG_LEVEL: "info",
      production: false,
      databaseUrls: {},
    });
    for (const absent of ["DATABASE_URL", "NATS_URL", "REDIS_URL", "SEED_DEMO", "METRICS_PORT"]) {
      expect(env).not.toHaveProperty(absent);
    }
    expect(isAbsolute(env.DATA_DIR)).toBe(true);
    expect(Object.isFrozen(env) && Object.isFrozen(env.databaseUrls)).toBe(true);
  });

  test("are read from variables, and an empty variable counts as absent", () => {
    const env = parseEnv({
      PORT: " 8080 ",
      HOST: "127.0.0.1",
      NATS_URL: "",
      LOG_LEVEL: "warn",
      SEED_DEMO: "off",
      NODE_ENV: "production",
      SHELL: "/bin/sh",
    });
    expect(env).toMatchObject({ PORT: 8080, HOST: "127.0.0.1", LOG_LEVEL: "warn", SEED_DEMO: "off", production: true });
    expect(env).not.toHaveProperty("NATS_URL");
    expect(env).not.toHaveProperty("SHELL");
  });

  test("can give a service its own database", () => {
    const { databaseUrls, DATABASE_URL } = parseEnv({
      DATABASE_URL: "postgres://all/",
      ORDERS_DATABASE_URL: "postgres://one/orders",
      SOME_SERVICE_DATABASE_URL: "postgres://two/some",
      CARTS_DATABASE_URL: "",
      lower_DATABASE_URL: "postgres://three/",
    });
    expect(DATABASE_URL).toBe("postgres://all/");
    expect(databaseUrls).toEqual({ orders: "postgres://one/orders", "some-service": "postgres://two/some" });
  });

  test("may be a fraction where they say so", () => {
    expect(parseEnv({ SELLER_PAYOUT_DAYS: "0.5", SELLER_HOLD_DAYS: "3" })).toMatchObject({
      ...{ SELLER_PAYOUT_DAYS: 0.5, SELLER_HOLD_DAYS: 3 },
    });
  });

  test.each([
    ["SELLER_HOLD_DAYS", "-1", "SELLER_HOLD_DAYS: must be number"],
    ["PORT", "http", "PORT: must be integer"],
    ["PORT", "80.5", "PORT: must be integer"],
    ["PORT", "true", "PORT: must be integer"],
    ["PORT", "1e3", "PORT: must be integer"],
    ["PORT", "70000", "PORT: must be <= 65535"],
    ["METRICS_PORT", "0", "METRICS_PORT: must be >= 1"],
    ["EVENT_REPLICAS", "6", "EVENT_REPLICAS: must be <= 5"],
    ["LOG_LEVEL", "loud", "LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace"],
    ["RATE_LIMIT", "true", "RATE_LIMIT: must be one of on, off"],
    ["SEED_DEMO", "0", "SEED_DEMO: must be one of on, off"],
    ["CAPTURE_ON", "later", "CAPTURE_ON: must be one of confirmation, handoff"],
    ["NAMESPACE", "My Shop", 'NAMESPACE: must match pattern "^[a-z0-9-]+$"'],
    ["SHOP_TAX", "20 VAT", "SHOP_TAX: must match pattern"],
    ["SHOP_TAX", "VAT 120", "SHOP_TAX: must match pattern"],
    ["SHOP_IBAN", "12", "SHOP_IBAN: must match pattern"],
  ])("refuse %s=%s with one line that names it", (name, value, message) => {
    expect(() => parseEnv({ [name]: value })).toThrow(message);
  });

  test("refuse fail points in production", () => {
    const FAILPOINT = "orders.create.before-commit:kill";
    expect(parseEnv({ FAILPOINT })).toMatchObject({ FAILPOINT });
    expect(() => parseEnv({ FAILPOINT, NODE_ENV: "production" })).toThrow(/^FAILPOINT: .+production.+$/);
  });

  test("are accepted, or refused with one line, for any text", () => {
    const anything = fc.dictionary(fc.constantFrom(...Object.keys(EnvSchema.properties)), fc.string());
    fc.assert(
      fc.property(anything, (variables) => {
        try {
          expect(Number.isInteger(parseEnv(variables).PORT)).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(/^[A-Z0-9_]+: [^\n]+$/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("all have a description", () => {
    for (const [name, schema] of Object.entries(EnvSchema.properties)) {
      expect([name, "description" in schema && schema.description]).toEqual([name, expect.stringMatching(/\w/)]);
    }
  });
});
