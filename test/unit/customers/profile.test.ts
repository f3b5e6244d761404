import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { changeProfile } from "#services/identity/customers/domain/profile.ts";

const text = fc.constantFrom("a", "b", "c");
const profile = fc.record({ email: text, firstName: text, lastName: text, phone: fc.option(text) });
const change = fc.record(
  { email: text, firstName: text, lastName: text, phone: fc.option(text) },
  { requiredKeys: [] },
);

test("a change sets what it names, keeps the rest, and names exactly what became different", () => {
  fc.assert(
    fc.property(profile, change, (before, wanted) => {
      const { after, updatedFields } = changeProfile(before, wanted);
      expect(after).toEqual({ ...before, ...wanted });
      for (const field of ["email", "firstName", "lastName", "phone"] as const) {
        expect(updatedFields.includes(field)).toBe(after[field] !== before[field]);
      }
    }),
  );
});

test("the same change again changes nothing", () => {
  fc.assert(
    fc.property(profile, change, (before, wanted) => {
      const { after } = changeProfile(before, wanted);
      expect(changeProfile(after, wanted)).toEqual({ after, updatedFields: [] });
    }),
  );
});

test("an email in other letters is the same email", () => {
  const before = { email: "ada@example.com", firstName: "Ada", lastName: "L", phone: null };
  expect(changeProfile(before, { email: "ADA@example.com" }).updatedFields).toEqual([]);
});
