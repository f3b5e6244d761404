import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { demoAccounts } from "#config/demo.ts";
import type { Auth } from "#lib/contract/access.ts";
import { Identity, outcome, PASSWORD, rows } from "#test/service/auth/identity-fixture.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { readUntil } from "#test/support/eventually.ts";

const as = (staffId: string, ...scopes: string[]) => ({ auth: { kind: "staff", staffId, scopes } as Auth });
const ADMIN = as("staff_admin", "*");
const DESK_MANAGER = as("staff_desk", "users:*", "orders:*", "customers:*", "payments:read", "inventory:read");

describe("staff", () => {
  let shop: Identity;
  let count = 0;
  const somebody = (...roles: string[]) => ({
    email: `staff-${count++}@example.com`,
    password: PASSWORD,
    name: "Sam Staff",
    roles,
  });
  beforeAll(async () => {
    shop = await new Identity().start();
  });
  afterAll(() => shop.stop());

  test("can log in as soon as they are created, with the scopes of their roles", async () => {
    const account = somebody("warehouse", "finance");
    const made = await shop.call("users.create", { ...account, email: account.email.toUpperCase() }, ADMIN);
    expect(made).toEqual({
      staffId: expect.stringMatching(/^staff_/),
      email: account.email,
      name: account.name,
      roles: ["finance", "warehouse"],
      active: true,
      createdAt: expect.any(String),
    });
    const { accessToken } = await shop.call("auth.staffLogin", { email: account.email, password: PASSWORD });
    const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ sub: made.staffId, kind: "staff" });
    expect(await shop.asService("users.rightsOf", { staffIds: [made.staffId, "staff_nobody"] })).toEqual({
      staff: [{ staffId: made.staffId, scopes: ["customers:read", "inventory:*", "orders:read", "payments:*"] }],
    });
    expect(await outcome(shop.logIn(account.email, PASSWORD))).toBe("INVALID_CREDENTIALS");
  });

  test("cannot share an email, also when two are created at one moment", async () => {
    const account = somebody();
    const passwords = ["password one", "password two"];
    const answers = await Promise.all(
      passwords.map((password) => outcome(shop.call("users.create", { ...account, password }, ADMIN))),
    );
    expect(answers.filter((answer) => answer === "EMAIL_TAKEN")).toHaveLength(1);
    const winner = passwords[answers.findIndex((answer) => typeof answer === "object")] ?? "";
    await shop.call("auth.staffLogin", { email: account.email, password: winner });
  });

  test("cannot get an unknown role", async () => {
    const refused = await shop.call("users.create", somebody("admin", "king"), ADMIN).catch((error) => error);
    expect(refused).toMatchObject({ type: "VALIDATION_FAILED", data: { errors: [{ path: "/roles/1" }] } });
  });

  test("can neither give nor take rights that they do not have, nor change their own", async () => {
    expect(await outcome(shop.call("users.create", somebody("admin"), DESK_MANAGER))).toBe("FORBIDDEN");
    const clerk = await shop.call("users.create", somebody("order-desk"), DESK_MANAGER);
    const boss = await shop.call("users.create", somebody("admin"), ADMIN);
    const update = (staffId: string, change: object, meta: typeof ADMIN) =>
      outcome(shop.call("users.update", { staffId, ...change }, meta));
    expect(await update(boss.staffId, { active: false }, DESK_MANAGER)).toBe("FORBIDDEN");
    expect(await update(boss.staffId, { roles: [] }, DESK_MANAGER)).toBe("FORBIDDEN");
    expect(await update(clerk.staffId, { roles: ["order-desk", "finance"] }, DESK_MANAGER)).toBe("FORBIDDEN");
    expect(await update(boss.staffId, { active: false }, as(boss.staffId, "*"))).toBe("FORBIDDEN");
    expect(await update(boss.staffId, { name: "Bo Boss" }, as(boss.staffId, "*"))).toMatchObject({
      name: "Bo Boss",
      roles: ["admin"],
    });
    expect(await update(clerk.staffId, { roles: [], active: false }, DESK_MANAGER)).toMatchObject({
      roles: [],
      active: false,
    });
    expect(await shop.call("users.get", { staffId: clerk.staffId }, ADMIN)).toMatchObject({ roles: [], active: false });
    expect(await update("staff_nobody", { name: "X" }, ADMIN)).toBe("NOT_FOUND");
  });

  test("are listed in pages for staff with the scope, and for nobody else", async () => {
    await shop.call("users.create", somebody("finance"), ADMIN);
    await shop.call("users.create", somebody(), ADMIN);
    const { users, pagination } = await shop.call("users.list", { limit: 100 }, as("staff_1", "users:read"));
    expect(users).toHaveLength(pagination.total);
    expect(users[1]?.roles).toEqual(["finance"]);
    const [first] = (await shop.call("users.list", { limit: 1, page: 2 }, ADMIN)).users;
    expect(first).toEqual(users[1]);
    for (const [auth, code] of [
      [{ kind: "anonymous" }, "UNAUTHENTICATED"],
      [{ kind: "customer", customerId: "cust_1" }, "FORBIDDEN"],
      [{ kind: "staff", staffId: "staff_1", scopes: ["orders:*"] }, "FORBIDDEN"],
    ] as const) {
      expect(await outcome(shop.call("users.list", {}, { auth }))).toBe(code);
      expect(await outcome(shop.call("users.get", { staffId: first?.staffId ?? "" }, { auth }))).toBe(code);
      expect(await outcome(shop.call("users.create", somebody(), { auth }))).toBe(code);
      expect(await outcome(shop.call("users.update", { staffId: first?.staffId ?? "", name: "X" }, { auth }))).toBe(
        code,
      );
    }
  });
});

describe("the first accounts", () => {
  test("are the demonstration accounts by default, created once by several nodes", async () => {
    const NAMESPACE = freshNamespace();
    const nodes = await Promise.all([1, 2].map(() => new Identity({ SEED_DEMO: "on", NAMESPACE }).start()));
    const [node] = nodes as [Identity];
    try {
      const { customer, staff } = demoAccounts;
      const bothLogIn = async () => {
        const logins = [
          node.logIn(customer.email, customer.password),
          node.call("auth.staffLogin", { email: staff.email, password: staff.password }),
        ];
        return (await Promise.all(logins.map(outcome))).every((answer) => typeof answer === "object");
      };
      expect(await readUntil(bothLogIn, Boolean)).toBe(true);
      expect(await rows(node.db("customers"), "customer")).toBe(1);
      expect(await rows(node.db("users"), "staff")).toBe(1);
    } finally {
      await Promise.all(nodes.map((one) => one.stop()));
    }
  });

  test("are in production only the administrator that the operator has configured", async () => {
    const { privateKey } = await import("node:crypto").then(({ generateKeyPairSync }) =>
      generateKeyPairSync("rsa", { modulusLength: 2048 }),
    );
    const JWT_PRIVATE_KEY = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const production = { NODE_ENV: "production", SEED_DEMO: "on", JWT_PRIVATE_KEY, NAMESPACE: freshNamespace() };
    const bare = await new Identity(production).start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await rows(bare.db("users"), "staff")).toBe(0);
    expect(await rows(bare.db("customers"), "customer")).toBe(0);
    await bare.stop();
    const owner = { email: "owner@example.com", password: "a password of my own" };
    const shop = await new Identity({
      ...production,
      ADMIN_EMAIL: owner.email,
      ADMIN_PASSWORD: owner.password,
    }).start();
    try {
      expect(
        await readUntil(async () => typeof (await outcome(shop.call("auth.staffLogin", owner))) === "object", Boolean),
      ).toBe(true);
    } finally {
      await shop.stop();
    }
  });
});
