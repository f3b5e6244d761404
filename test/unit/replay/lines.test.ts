import { expect, test } from "@jest/globals";
import { checkHeader, classify } from "#tools/replay/lines.ts";

const good = ["536365", "85123a", " LANTERN ", "6", "2010-12-01T08:26:00Z", "2.55", "17850", "United Kingdom"];

/** The good line with some fields replaced, by position. */
function line(changes: Record<number, string> = {}) {
  return { line: 7, fields: good.map((field, at) => changes[at] ?? field) };
}

test("reads a line that is sold", () => {
  expect(classify(line())).toEqual({
    sold: {
      invoice: "536365",
      code: "85123A",
      title: "LANTERN",
      quantity: 6,
      priceMinor: 255,
      at: "2010-12-01T08:26:00Z",
      customer: "17850",
      country: "United Kingdom",
    },
  });
});

test.each([
  [{ 0: "C536379" }, "cancellation"],
  [{ 0: "A563185" }, "cancellation"],
  [{ 1: "POST" }, "notAProduct"],
  [{ 1: "DCGS0076" }, "notAProduct"],
  [{ 1: "gift_0001_20" }, "notAProduct"],
  [{ 1: "851234" }, "notAProduct"],
  [{ 1: "85123A1" }, "notAProduct"],
  [{ 3: "-6" }, "quantityNotPositive"],
  [{ 3: "0" }, "quantityNotPositive"],
  [{ 5: "0.0" }, "priceNotPositive"],
  [{ 5: "-1.005" }, "priceNotPositive"],
  [{ 5: "0.001" }, "priceNotWholePence"],
  [{ 3: "100001" }, "quantityTooLarge"],
])("%j is left out: %s", (changes, reason) => {
  expect(classify(line(changes))).toMatchObject({ skipped: { reason } });
});

test.each([
  [{ 0: "C1", 1: "POST", 3: "-1", 5: "0" }, "cancellation"],
  [{ 1: "POST", 3: "-1", 5: "0" }, "notAProduct"],
  [{ 3: "-1", 5: "0" }, "quantityNotPositive"],
])("%j has several reasons and counts under %s", (changes, reason) => {
  expect(classify(line(changes))).toMatchObject({ skipped: { reason } });
});

test.each([
  [{ 0: "" }, "line 7: expected the fields"],
  [{ 3: "six" }, "line 7: the quantity is not an integer: six"],
  [{ 4: "01/12/2010" }, "line 7: the date is not a moment in UTC"],
  [{ 5: "free" }, "line 7: the price is not a decimal number: free"],
])("%j cannot be read", (changes, message) => {
  expect(() => classify(line(changes))).toThrow(message);
});

test("a line with too few fields cannot be read", () => {
  expect(() => classify({ line: 2, fields: good.slice(1) })).toThrow("line 2: expected the fields");
});

test("knows its header, with or without a byte order mark", () => {
  const fields = "invoice,stockCode,description,quantity,date,unitPrice,customerId,country".split(",");
  expect(() => checkHeader({ line: 1, fields: fields.map((name, at) => (at ? name : `\uFEFF${name}`)) })).not.toThrow();
  expect(() => checkHeader({ line: 1, fields: good })).toThrow("the first line must name the columns");
});
