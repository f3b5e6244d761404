import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Auth, hasScope } from "#lib/contract/access.ts";
import { refusedChange } from "#services/identity/users/domain/rights.ts";

const scope = fc.constantFrom(
  "*",
  "orders:*",
  "orders:read",
  "orders:write",
  "users:*",
  "users:write",
  "payments:read",
);
const scopes = fc.uniqueArray(scope, { maxLength: 4 });
const staff = (held: string[]): Auth => ({ kind: "staff", staffId: "staff_me", scopes: held });

test("a change that is let through never moves a right its maker does not hold", () => {
  fc.assert(
    fc.property(scopes, scopes, (held, moved) => {
      const refused = refusedChange(staff(held), { staffId: "staff_other", changesRights: true, scopes: moved });
      expect(refused === undefined).toBe(moved.every((one) => hasScope(staff(held), one)));
    }),
  );
});

test("nobody changes their own rights, whatever they hold, and everybody may change what is no right", () => {
  fc.assert(
    fc.property(scopes, scopes, (held, moved) => {
      expect(refusedChange(staff(held), { staffId: "staff_me", changesRights: true, scopes: moved })).toBeDefined();
      expect(refusedChange(staff(held), { staffId: "staff_me", changesRights: false, scopes: moved })).toBeUndefined();
    }),
  );
});

test("a service may do what it was made for", () => {
  const service: Auth = { kind: "service", service: "users" };
  expect(refusedChange(service, { staffId: "staff_other", changesRights: true, scopes: ["*"] })).toBeUndefined();
});
