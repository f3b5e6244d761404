import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { newId } from "#lib/contract/ids.ts";
import "#services/commerce/orders/contract.ts"; // loaded for their kinds of ids
import "#services/commerce/payments/contract.ts";
import "#services/identity/customers/contract.ts";
import "#services/product/catalog/contract.ts";
import { findCardData, mayHoldCardData } from "#services/platform/gateway/domain/card-data.ts";
import { hasCardNumber } from "#services/platform/gateway/domain/card-numbers.ts";

/** Where a body has card data, by the same two looks as the gateway's. */
function cardIn(text: string): string | undefined {
  return mayHoldCardData(text) ? findCardData(JSON.parse(text)) : undefined;
}

const NETWORKS: readonly [prefix: string, length: number][] = [
  ["4", 13],
  ["4", 16],
  ["4", 18],
  ["4", 19],
  ["51", 16],
  ["55", 16],
  ["2221", 16],
  ["2720", 16],
  ["34", 15],
  ["37", 15],
  ["300", 14],
  ["36", 14],
  ["3528", 16],
  ["2202", 19],
  ["6011", 16],
  ["65", 16],
  ["62", 19],
  ["5018", 13],
  ["6759", 18],
];

/** The check digit of ISO/IEC 7812, as the standard says it: digit by digit from the right. */
function isLuhn(digits: string): boolean {
  const values = [...digits].reverse().map((digit, at) => Number(digit) * (at % 2 === 1 ? 2 : 1));
  return values.flatMap((value) => [...String(value)]).reduce((sum, digit) => sum + Number(digit), 0) % 10 === 0;
}

/** EAN-13: 13 digits that are also a valid barcode are not taken for a card. */
const isBarcode = (digits: string) =>
  digits.length === 13 && [...digits].reduce((sum, digit, at) => sum + Number(digit) * (at % 2 ? 3 : 1), 0) % 10 === 0;

const card = fc
  .constantFrom(...NETWORKS)
  .chain(([prefix, length]) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), {
        minLength: length - prefix.length - 1,
        maxLength: length - prefix.length - 1,
      })
      .map((rest) => {
        const body = prefix + rest.join("");
        const digit = [..."0123456789"].find((last) => isLuhn(body + last)) ?? "";
        return body + digit;
      }),
  )
  .filter((digits) => !isBarcode(digits));

const SEPARATORS = [" ", "-", " - ", "\u00a0", "\t", "\n", "\u2009", "\u2013", "\u2011", "   "];
const spaced = card.chain((digits) =>
  fc
    .array(fc.constantFrom("", "", ...SEPARATORS), { minLength: digits.length - 1, maxLength: digits.length - 1 })
    .map((gaps) => [...digits].map((digit, at) => digit + (gaps[at] ?? "")).join("")),
);

/** Words without digits, so that nothing beside the card changes it. */
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ .,:;/()äß€"\\'), maxLength: 12 });
const name = fc.constantFrom("note", "street", "a", "x-y", "title", "äö");

/** A body with something in some field of it, at any depth. */
const bodyWith = (leaf: fc.Arbitrary<unknown>) =>
  fc
    .tuple(leaf, fc.array(fc.oneof(name, fc.constant(0)), { minLength: 1, maxLength: 6 }))
    .map(([value, path]) =>
      path.reduceRight<unknown>((inner, key) => (key === 0 ? ["x", inner] : { first: 1, [key]: inner }), value),
    )
    .map((value) => ({ body: value }));

describe("card numbers", () => {
  test("every card is found in any field, spaced in any way, with words around it", () => {
    fc.assert(
      fc.property(bodyWith(fc.tuple(word, spaced, word).map(([a, number, b]) => `${a} ${number} ${b}`)), (body) => {
        expect(cardIn(JSON.stringify(body))).toBeDefined();
      }),
    );
  });

  test("a card beside its date of expiry and code, glued to words, escaped, or in digits of full width is found", () => {
    for (const text of [
      "4242424242424242 12 29 123",
      "12 29 4242 4242 4242 4242",
      "card4242424242424242exp",
      "4242 4242 4242 4242, 5555555555554444",
      "４２４２４２４２４２４２４２４２",
      "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
      "4222222222222",
    ]) {
      expect(cardIn(JSON.stringify({ note: text }))).toBe("/note");
    }
    const escaped = [..."4242424242424242"].map((digit) => `\\u003${digit}`).join("");
    expect(cardIn(`{"note":"${escaped}"}`)).toBe("/note");
    expect(cardIn('{"no\\u0074e":"4242\\n4242\\r\\n4242\\u00a04242"}')).toBe("/note");
  });

  test("a card is found as a number, however the number is written", () => {
    fc.assert(
      fc.property(card, fc.constantFrom("", ".0", "0e-1", "e0"), (digits, ending) => {
        expect(cardIn(`{"a":{"b":[${digits}${ending}]}}`)).toBe("/a/b/0");
      }),
    );
    expect(cardIn('{"a":4242424242.424242e6}')).toBe("/a");
    expect(cardIn('{"a": -4242424242424242}')).toBe("/a");
  });

  test("a card as the name of a field is found, and not repeated", () => {
    expect(cardIn('{"a":{"4242-4242-4242-4242":true}}')).toBe("/a/…");
  });

  test.each(["cvv", "CVC", "cvc2", "card_cvc", "cardNumber", "card-number", "card number", "securityCode", "ccNumber"])(
    "a field named %s is refused, whatever it holds",
    (field) => {
      expect(cardIn(JSON.stringify({ card: { [field]: "123" } }))).toBe(`/card/${field}`);
      expect(cardIn(JSON.stringify({ card: [{ [field]: 123 }] }))).toBe(`/card/0/${field}`);
      expect(cardIn(JSON.stringify({ card: { [field]: null } }))).toBeUndefined();
    },
  );
});

describe("what is no card", () => {
  const passes = (leaf: fc.Arbitrary<unknown>) =>
    fc.assert(
      fc.property(bodyWith(leaf), (body) => {
        expect(cardIn(JSON.stringify(body))).toBeUndefined();
      }),
      { numRuns: 500 },
    );

  test("ids", () => {
    const kinds = ["order", "payment", "customer", "savedMethod", "product"] as const;
    passes(fc.constantFrom(...kinds).map((kind) => newId(kind)));
    passes(fc.uuid());
    passes(fc.constant(null).map(() => `SKU-${randomUUID()}`));
    // A version 4 UUID of digits alone that passes Luhn as a Visa number.
    expect(hasCardNumber("42424242-4242-4242-8242-424242424242")).toBe(false);
  });

  test("prices, quantities, times", () => {
    passes(fc.double({ min: 0, max: 1e11, noNaN: true }));
    passes(fc.integer({ min: -100_000, max: 999_999_999_999 }));
    passes(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.getTime()));
    passes(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()));
    passes(fc.double({ min: 0, max: 1, noNaN: true }));
  });

  test("telephone numbers with a country code, and national ones", () => {
    const digits = (least: number, most: number) =>
      fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: least, maxLength: most });
    passes(digits(7, 15).map((number) => `+${number}`));
    passes(digits(7, 15).map((number) => `+ ${number.replace(/(...)/g, "$1 ")}`));
    passes(digits(7, 12));
    passes(fc.constant("+1 503 555 0100"));
  });

  test("EAN-13 and UPC barcodes", () => {
    const withDigit = (body: string) => {
      const sum = [...body].reduce((total, digit, at) => total + Number(digit) * ((body.length - at) % 2 ? 3 : 1), 0);
      return `${body}${(10 - (sum % 10)) % 10}`;
    };
    for (const length of [11, 12]) {
      const body = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: length, maxLength: length });
      passes(body.map(withDigit));
      passes(body.map((digits) => Number(withDigit(digits))));
    }
    expect(withDigit("400638133393")).toBe("4006381333931");
  });

  test("sizes that rise step by step", () => {
    passes(
      fc.integer({ min: 30, max: 50 }).map((first) => Array.from({ length: 12 }, (_, at) => first + at).join("-")),
    );
  });

  test("any digits in sku and skus, and only there", () => {
    const number = "4242424242424242";
    expect(cardIn(JSON.stringify({ prices: [{ sku: number, amount: 1 }] }))).toBeUndefined();
    expect(cardIn(JSON.stringify({ skus: [number], sku: Number(number) }))).toBeUndefined();
    expect(cardIn(JSON.stringify({ sku: { note: number } }))).toBe("/sku/note");
    expect(cardIn(JSON.stringify({ prices: [{ sku: number, note: number }] }))).toBe("/prices/0/note");
  });

  test("a wrong check digit, another network, another length", () => {
    for (const text of ["4242424242424241", "9242424242424242", "424242424242424", "1234567812345670"]) {
      expect(hasCardNumber(text)).toBe(false);
    }
  });
});

test("the time of a look grows with the length of the text, whatever is in it", () => {
  const LENGTH = 1_000_000; // about the largest body; a look takes some 0.1 s, and one that looks again at each digit takes minutes
  for (const unit of ["4 ", "4", "4 - ", "42424242424242 ", "36 ", "+4 ", "4\u2009", "424242424242x", ", ", "[:"]) {
    const text = JSON.stringify({ note: unit.repeat(LENGTH / unit.length) });
    const began = performance.now();
    mayHoldCardData(text);
    findCardData(JSON.parse(text));
    expect({ unit, isFast: performance.now() - began < 5_000 }).toEqual({ unit, isFast: true });
  }
});
