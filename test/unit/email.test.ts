import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { normalEmail } from "#lib/contract/email.ts";

test("composed and decomposed letters are the same email, in upper and lower case", () => {
  const forms = ["Renée@Exämple.com", "RENÉE@EXÄMPLE.COM"].flatMap((email) => [
    email.normalize("NFC"),
    email.normalize("NFD"),
  ]);
  expect(new Set(forms).size).toBe(4);
  expect(new Set(forms.map(normalEmail))).toEqual(new Set(["ren\u00e9e@ex\u00e4mple.com"]));
});

test("letters that only look alike stay different", () => {
  expect(normalEmail("\ufb01nn@example.com")).not.toBe(normalEmail("finn@example.com"));
  expect(normalEmail("\uff41da@example.com")).not.toBe(normalEmail("ada@example.com"));
});

test("the normal form of every text is its own normal form, in NFC", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const normal = normalEmail(text);
      expect(normalEmail(normal)).toBe(normal);
      expect(normal.normalize("NFC")).toBe(normal);
      expect(normalEmail(text.normalize("NFD"))).toBe(normal);
    }),
    { numRuns: 5_000 },
  );
});
