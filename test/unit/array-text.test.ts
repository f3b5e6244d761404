import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import { arrayText } from "#lib/sql/array-text.ts";

const parseTexts = pg.types.getTypeParser(1009 as number) as unknown as (text: string) => string[];
const parseNumbers = pg.types.getTypeParser(1016 as number) as unknown as (text: string) => string[];

describe("a Postgres array in its text form", () => {
  const special = fc.constantFrom('"', "\\", "{", "}", ",", " ", "NULL", "", "\n", "é");
  test("has the same texts", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), special), { maxLength: 20 }), (texts) => {
        expect(parseTexts(arrayText(texts))).toEqual(texts);
      }),
    );
  });

  test("has the same numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), (numbers) => {
        expect(parseNumbers(arrayText(numbers)).map(Number)).toEqual(numbers.map((number) => number + 0));
      }),
    );
  });
});
