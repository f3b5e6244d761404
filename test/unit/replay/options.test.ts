import { expect, test } from "@jest/globals";
import { parseOptions, UsageError } from "#tools/replay/options.ts";

test("has a default for everything but the file", () => {
  expect(parseOptions(["sales.csv.gz"])).toEqual({
    file: "sales.csv.gz",
    priceLists: false,
    promotions: false,
    books: false,
    concurrency: 16,
    url: "http://127.0.0.1:3000",
    staffEmail: "admin@example.com",
    staffPassword: "admin-password-1",
    patienceSeconds: 120,
    json: false,
  });
});

test("takes its options in any place", () => {
  const options = parseOptions(["--invoices", "2000", "sales.csv", "--json", "--concurrency=4", "--url=https://shop"]);
  expect(options).toMatchObject({ file: "sales.csv", invoices: 2000, json: true, concurrency: 4, url: "https://shop" });
});

test.each([
  [[]],
  [["a", "b"]],
  [["a", "--invoice", "1"]],
  [["a", "--invoices", "0"]],
  [["a", "--invoices", "many"]],
  [["a", "--concurrency", "1000"]],
  [["a", "--url", "shop"]],
  [["a", "--url", "ftp://shop"]],
  [["a", "--books", "--price-lists"]],
  [["a", "--books", "--promotions"]],
  [["a", "--sellers", "0"]],
  [["a", "--sellers", "2", "--books"]],
])("%j is called wrongly", (args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
});
