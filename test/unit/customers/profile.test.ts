import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { changeProfile } from "#services/identity/customers/domain/profile.ts";

const text = fc.constantFrom("a", "b", "c");
const profile = fc.record({ email: text, firstName: text, lastName: text, phone: fc.option(text) });
const change = fc.record(
  { email: text, firstName: text, lastName: text, phone: fc.option(text) },
  { requiredKeys: [] },
);

test("a change sets its fields, keeps the others, and names exactly those with a new value", () => {
  fc.assert(
    fc.property(profile, change, (before, requested) => {
      const { after, updatedFields } = changeProfile(before, requested);
      expect(after).toEqual({ ...before, ...requested });
      for (const field of ["email", "firstName", "lastName", "phone"] as const) {
        expect(updatedFields.includes(field)).toBe(after[field] !== before[field]);
      }
    }),
  );
});

test("the same change a second time changes nothing", () => {
  fc.assert(
    fc.property(profile, change, (before, requested) => {
      const { after } = changeProfile(before, requested);
      expect(changeProfile(after, requested)).toEqual({ after, updatedFields: [] });
    }),
  );
});

test("an email in upper case is the same email", () => {
  const before = { email: "ada@example.com", firstName: "Ada", lastName: "L", phone: null };
  expect(changeProfile(before, { email: "ADA@example.com" }).updatedFields).toEqual([]);
});
