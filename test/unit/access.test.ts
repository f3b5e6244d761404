import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Access,
  type Auth,
  anyone,
  customer,
  hasScope,
  internal,
  orHolderOf,
  ownerOr,
  owns,
  refusal,
  staff,
} from "#lib/contract/access.ts";

const callers = {
  nobody: undefined,
  guest: { kind: "anonymous" },
  owner: { kind: "customer", customerId: "cust_1" },
  stranger: { kind: "customer", customerId: "cust_2" },
  clerk: { kind: "staff", staffId: "staff_1", scopes: ["orders:read"] },
  manager: { kind: "staff", staffId: "staff_2", scopes: ["orders:*"] },
  admin: { kind: "staff", staffId: "staff_3", scopes: ["*"] },
  novice: { kind: "staff", staffId: "staff_4", scopes: ["catalog:write"] },
  service: { kind: "service", service: "checkout" },
} satisfies Record<string, Auth | undefined>;
type Caller = keyof typeof callers;

const actions = {
  "anyone's": anyone(),
  "a customer's": customer(),
  "staff's": staff("orders:read"),
  "its owner's": ownerOr("orders:read", "customerId"),
  "an owner's, checked by the handler": ownerOr("orders:read"),
  "other services'": internal(),
} satisfies Record<string, Access>;

const PARAMS = { customerId: "cust_1" };

/** Every pair of action and caller; `ok` lets the call pass. */
const table: Record<keyof typeof actions, Record<Caller, string>> = {
  "anyone's": {
    nobody: "UNAUTHENTICATED",
    guest: "ok",
    owner: "ok",
    stranger: "ok",
    clerk: "ok",
    manager: "ok",
    admin: "ok",
    novice: "ok",
    service: "ok",
  },
  "a customer's": {
    nobody: "UNAUTHENTICATED",
    guest: "UNAUTHENTICATED",
    owner: "ok",
    stranger: "ok",
    clerk: "FORBIDDEN",
    manager: "FORBIDDEN",
    admin: "FORBIDDEN",
    novice: "FORBIDDEN",
    service: "ok",
  },
  "staff's": {
    nobody: "UNAUTHENTICATED",
    guest: "UNAUTHENTICATED",
    owner: "FORBIDDEN",
    stranger: "FORBIDDEN",
    clerk: "ok",
    manager: "ok",
    admin: "ok",
    novice: "FORBIDDEN",
    service: "ok",
  },
  "its owner's": {
    nobody: "UNAUTHENTICATED",
    guest: "UNAUTHENTICATED",
    owner: "ok",
    stranger: "NOT_FOUND",
    clerk: "ok",
    manager: "ok",
    admin: "ok",
    novice: "FORBIDDEN",
    service: "ok",
  },
  "an owner's, checked by the handler": {
    nobody: "UNAUTHENTICATED",
    guest: "UNAUTHENTICATED",
    owner: "ok",
    stranger: "ok",
    clerk: "ok",
    manager: "ok",
    admin: "ok",
    novice: "FORBIDDEN",
    service: "ok",
  },
  "other services'": {
    nobody: "UNAUTHENTICATED",
    guest: "ok",
    owner: "ok",
    stranger: "ok",
    clerk: "ok",
    manager: "ok",
    admin: "ok",
    novice: "ok",
    service: "ok",
  },
};

describe.each(Object.entries(table))("an action that is %s", (action, row) => {
  test.each(Object.entries(row))("called by %s: %s", (caller, outcome) => {
    const access = actions[action as keyof typeof actions];
    expect(refusal(access, callers[caller as Caller], PARAMS) ?? "ok").toBe(outcome);
  });
});

describe("an action for the holder of a token", () => {
  const access = orHolderOf("orderToken", ownerOr("orders:read", "customerId"));
  const outcomes = (tokens: object) =>
    Object.fromEntries(
      Object.entries(callers).map(([name, auth]) => [name, refusal(access, auth, PARAMS, tokens) ?? "ok"]),
    );

  test("lets guests and customers with a token pass to the handler, which checks it", () => {
    expect(outcomes({ orderToken: "any" })).toMatchObject({
      ...{ nobody: "UNAUTHENTICATED", guest: "ok", owner: "ok", stranger: "ok" },
      ...{ clerk: "ok", novice: "FORBIDDEN", service: "ok" },
    });
  });

  test("is like any other action of an owner for callers without one", () => {
    for (const tokens of [{}, { orderToken: undefined }, { cartToken: "any" }])
      expect(outcomes(tokens)).toEqual(table["its owner's"]);
  });
});

describe("an owner", () => {
  const access = ownerOr("orders:read", "customerId");

  test.each([undefined, null, {}, { customerId: null }, { customerId: ["cust_1"] }, { customerId: { id: "cust_1" } }])(
    "gets NOT_FOUND for the parameters %j",
    (params) => {
      expect(refusal(access, callers.owner, params)).toBe("NOT_FOUND");
    },
  );

  test("owns their objects, and staff with the scope may use them", () => {
    const owning = Object.entries(callers).flatMap(([name, auth]) =>
      auth && owns(auth, "cust_1", "orders:read") ? [name] : [],
    );
    expect(owning).toEqual(["owner", "clerk", "manager", "admin", "service"]);
  });
});

describe("scopes", () => {
  test("are held by name, by domain, or all, and never by customers and guests", () => {
    const scope = fc.tuple(fc.constantFrom("orders", "order", "catalog"), fc.constantFrom("read", "write", "*"));
    fc.assert(
      fc.property(fc.array(scope, { maxLength: 4 }), scope, (held, [domain, right]) => {
        const scopes = held.map((parts) => parts.join(":"));
        const wanted = `${domain}:${right}`;
        const expected = scopes.includes(wanted) || scopes.includes(`${domain}:*`);
        expect(hasScope({ kind: "staff", staffId: "staff_1", scopes }, wanted)).toBe(expected);
        expect(hasScope({ kind: "staff", staffId: "staff_1", scopes: [...scopes, "*"] }, wanted)).toBe(true);
        expect(hasScope(callers.owner, wanted) || hasScope(callers.guest, wanted)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
