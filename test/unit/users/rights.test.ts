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

test("a change is allowed exactly when its maker has all rights that it gives or takes", () => {
  fc.assert(
    fc.property(scopes, scopes, (held, moved) => {
      const refused = refusedChange(staff(held), { staffId: "staff_other", changesRights: true, scopes: moved });
      expect(refused === undefined).toBe(moved.every((one) => hasScope(staff(held), one)));
    }),
  );
});

test("nobody can change their own rights, and everybody can change other things about themselves", () => {
  fc.assert(
    fc.property(scopes, scopes, (held, moved) => {
      expect(refusedChange(staff(held), { staffId: "staff_me", changesRights: true, scopes: moved })).toBeDefined();
      expect(refusedChange(staff(held), { staffId: "staff_me", changesRights: false, scopes: moved })).toBeUndefined();
    }),
  );
});

test("a service can change all rights", () => {
  const service: Auth = { kind: "service", service: "users" };
  expect(refusedChange(service, { staffId: "staff_other", changesRights: true, scopes: ["*"] })).toBeUndefined();
});
