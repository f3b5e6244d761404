import { randomBytes } from "node:crypto";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  CODE_BYTES,
  charactersOf,
  codeFrom,
  hashOfCode,
  last4Of,
} from "#services/commerce/payments/domain/gift-card-code.ts";
import { hasCardNumber } from "#services/platform/gateway/domain/card-numbers.ts";

const bytes = fc.uint8Array({ minLength: CODE_BYTES, maxLength: CODE_BYTES });

test("a code is found however people write it", () => {
  fc.assert(
    fc.property(bytes, (random) => {
      const code = codeFrom(random);
      expect(code).toMatch(/^([0-9A-Z]{4}-){4}[0-9A-Z]{4}$/);
      const written = [
        code.toLowerCase(),
        code.replaceAll("-", ""),
        code.replaceAll("-", " "),
        code.replaceAll("0", "O"),
      ];
      for (const text of [...written, code.replaceAll("1", "l")]) expect(hashOfCode(text)).toBe(hashOfCode(code));
      expect(code.endsWith(last4Of(code))).toBe(true);
    }),
  );
});

test("a code is never taken for the number of a payment card", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: CODE_BYTES, maxLength: CODE_BYTES, max: 9 }), (random) => {
      const code = codeFrom(random); // of digits, where a code may have some
      for (const text of [code, charactersOf(code)]) expect(hasCardNumber(text)).toBe(false);
    }),
  );
});

test("codes have more than 80 bits, of which none is always the same", () => {
  const codes = Array.from({ length: 2_000 }, () => charactersOf(codeFrom(randomBytes(CODE_BYTES))));
  const choices = Array.from({ length: CODE_BYTES }, (_, at) => new Set(codes.map((code) => code[at])).size);
  expect(choices).toEqual(Array.from({ length: CODE_BYTES }, (_, at) => (at % 4 === 0 ? 22 : 32)));
  expect(choices.reduce((bits, count) => bits + Math.log2(count), 0)).toBeGreaterThan(97);
});
