import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { Type } from "typebox";
import { parseEnv } from "#config/env.ts";
import { type Auth, anyone, internal, ownerOr, staff } from "#lib/contract/access.ts";
import { action, contract, Exact } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { EmbeddedTransport } from "#lib/events/transport/embedded.ts";
import { actionMiddlewares } from "#mixins/broker/broker-options.ts";
import { transactional } from "#mixins/service/context.ts";
import { attachNode, Node } from "#mixins/service/node.ts";
import { service } from "#mixins/service/service.ts";

const Thing = Exact({ thingId: Type.String() });
const owned = { summary: "Reads a thing.", params: Thing, returns: Thing, access: ownerOr("things:read") };

const things = contract("things", {
  summary: "Things, for tests of actions.",
  actions: {
    read: action({ ...owned, rest: "GET /things/:thingId" }),
    readWithoutAsking: action({ ...owned, rest: "GET /unasked/:thingId" }),
    fail: action({
      summary: "Fails.",
      params: Exact({ code: Type.Enum(["LIMIT_REACHED", "CONFLICT"]) }),
      returns: Thing,
      access: anyone(),
      errors: ["LIMIT_REACHED"],
    }),
    lie: action({ summary: "Answers something else.", params: Exact({}), returns: Thing, access: internal() }),
    office: action({
      summary: "For staff.",
      rest: "POST /office",
      params: Thing,
      returns: Thing,
      access: staff("things:write"),
    }),
  },
});

const OWNER = "cust_owner";

const schema = service(things, {
  actions: {
    read: async (ctx, { thingId }) => {
      ctx.requireOwner(OWNER);
      return { thingId };
    },
    readWithoutAsking: async (_, { thingId }) => ({ thingId }),
    fail: async (_, { code }) => {
      throw new DomainError(code, "No more of them.", { most: 3 });
    },
    lie: async () => ({ thing: 1 }) as never,
    office: transactional(async (_, { thingId }) => ({ thingId })),
  },
});

function newBroker(nodeEnv: "test" | "development" | "production"): ServiceBroker {
  const env = parseEnv({ NODE_ENV: nodeEnv });
  const broker = new ServiceBroker({ logger: false, validator: false, middlewares: actionMiddlewares(env) });
  attachNode(broker, new Node(broker, env, new EmbeddedTransport()));
  broker.createService(schema);
  return broker;
}

describe("an action", () => {
  const broker = newBroker("test");
  const development = newBroker("development");
  const production = newBroker("production");
  beforeAll(async () => void (await Promise.all([broker, development, production].map((one) => one.start()))));
  afterAll(async () => void (await Promise.all([broker, development, production].map((one) => one.stop()))));

  const call = (name: string, params: object, auth?: Auth, on = broker) =>
    on.call(`things.${name}`, params, { meta: auth ? { auth } : {} });
  const customer = (customerId: string): Auth => ({ kind: "customer", customerId });
  const thing = { thingId: "t1" };

  test("lets the owner, services and staff with the scope pass, and is not found for everybody else", async () => {
    expect(await call("read", thing, customer(OWNER))).toEqual(thing);
    expect(await call("read", thing, { kind: "service", service: "orders" })).toEqual(thing);
    expect(await call("read", thing, { kind: "staff", staffId: "s", scopes: ["things:read"] })).toEqual(thing);
    await expect(call("read", thing, customer("cust_other"))).rejects.toMatchObject({ code: 404, type: "NOT_FOUND" });
    await expect(call("read", thing)).rejects.toMatchObject({ code: 401, type: "UNAUTHENTICATED" });
  });

  test("that never asks for the owner fails outside production", async () => {
    await expect(call("readWithoutAsking", thing, customer(OWNER))).rejects.toThrow("never called ctx.requireOwner");
    expect(await call("readWithoutAsking", thing, customer(OWNER), production)).toEqual(thing);
  });

  test("translates a domain error once, with the status of its code", async () => {
    await expect(call("fail", { code: "LIMIT_REACHED" }, customer(OWNER))).rejects.toMatchObject({
      name: "MoleculerError",
      code: 409,
      type: "LIMIT_REACHED",
      message: "No more of them.",
      data: { most: 3 },
    });
  });

  test("may in tests only fail with codes that its contract lists; elsewhere callers still get the code", async () => {
    const failing = { code: "CONFLICT" };
    await expect(call("fail", failing, customer(OWNER))).rejects.toThrow("which its contract does not list");
    await expect(call("fail", failing, customer(OWNER), development)).rejects.toMatchObject({ type: "CONFLICT" });
    await expect(call("fail", failing, customer(OWNER), production)).rejects.toMatchObject({ type: "CONFLICT" });
  });

  test("may outside production only answer what its contract promises", async () => {
    await expect(call("lie", {}, { kind: "service", service: "orders" })).rejects.toThrow("does not fit its contract");
  });

  test("checks the caller before the parameters, so that strangers learn nothing of them", async () => {
    await expect(call("office", { nonsense: 1 }, customer(OWNER))).rejects.toMatchObject({ type: "FORBIDDEN" });
    const clerk: Auth = { kind: "staff", staffId: "s", scopes: ["things:write"] };
    await expect(call("office", { nonsense: 1 }, clerk)).rejects.toMatchObject({
      code: 422,
      type: "VALIDATION_FAILED",
    });
  });
});

describe("a service's schema", () => {
  test("has fail points for the handlers that are marked as transactional, and no others", () => {
    expect((schema.metadata as { commits: string[] }).commits).toEqual(["things.office"]);
  });

  test("has the operators' actions in a namespace that no contract can use", () => {
    const withDatabase = service(things, { database: { migrations: "none" }, actions: {} as never });
    const names = Object.keys(withDatabase.actions ?? {});
    expect(names.filter((name) => name.startsWith("admin.")).sort()).toEqual([
      "admin.backbone",
      "admin.deadLetter",
      "admin.deadLetters",
      "admin.discardDeadLetter",
      "admin.retryDeadLetter",
      "admin.rewind",
    ]);
    const intruder = { summary: "", params: Exact({}), returns: Exact({}), access: internal() };
    expect(() => contract("intruder", { summary: "", actions: { "admin.rewind": action(intruder) } })).toThrow(
      "belongs to the operators' actions",
    );
  });
});
