import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { CsvReader } from "#tools/replay/csv.ts";

function read(...pieces: string[]): string[][] {
  const reader = new CsvReader();
  const records = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  return records.map(({ fields }) => fields);
}

test("splits records and fields", () => {
  expect(read("a,b\nc,\n,\n")).toEqual([
    ["a", "b"],
    ["c", ""],
    ["", ""],
  ]);
});

test("unquotes fields, with commas, doubled quotes and line breaks in them", () => {
  expect(read('1,"a ""big"", red\nbox",2\n"",x,""\n')).toEqual([
    ["1", 'a "big", red\nbox', "2"],
    ["", "x", ""],
  ]);
});

test("takes CRLF, blank lines and a last line without a break", () => {
  expect(read('a,b\r\n\r\n"c",d')).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("numbers records by the line they begin on", () => {
  const reader = new CsvReader();
  const records = [...reader.push('a\n"b\n'), ...reader.push('c"\nd\n'), ...reader.end()];
  expect(records.map(({ line }) => line)).toEqual([1, 2, 4]);
});

test.each([
  ['a\nb,"c', "line 2: a quote is never closed"],
  ['a\n"b"c,d\n', "line 2: a quoted field must end at a comma"],
  ['a\nb"c",d\n', "line 2: a quote stands inside a field without quotes"],
])("refuses %j", (text, message) => {
  expect(() => read(text)).toThrow(message);
});

test("does not hold a file whose quote is never closed", () => {
  const reader = new CsvReader();
  reader.push('"');
  expect(() => {
    for (let piece = 0; piece < 100; piece += 1) reader.push(`${"x".repeat(1_000)}\n`);
  }).toThrow("line 1: the record is longer than 65536 characters");
});

test("gives back what was written, wherever the text is cut", () => {
  const field = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "é", " ") });
  const records = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 5 }), (written, size) => {
      const lines = written.map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(","));
      const text = lines.map((line) => `${line}\n`).join("");
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      );
      expect(read(...pieces)).toEqual(written);
    }),
  );
});
