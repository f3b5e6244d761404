import { expect, test } from "@jest/globals";
import { assertNotReserved, namesOf } from "#tools/new-service/names.ts";

test.each([
  ["reviews", "review"],
  ["gift-cards", "gift-card"],
  ["categories", "category"],
  ["addresses", "address"],
  ["boxes", "box"],
  ["pies", "pie"],
  ["loyalty", "loyalty"],
  ["status", "status"],
])("the service %s keeps items called %s", (service, item) => {
  const names = namesOf([`product/${service}`]);
  expect(names).toMatchObject({ domain: "product", service, table: item.replaceAll("-", "_") });
  expect(names.words).toEqual({ item: item.replaceAll("-", " "), items: service.replaceAll("-", " ") });
});

test("a name of several words has a constant and a kind of id in camel case", () => {
  expect(namesOf(["commerce/gift-cards"])).toMatchObject({ constant: "giftCards", item: "giftCard" });
});

test.each([
  [[], /^Use: npm run new:service/],
  [["reviews"], /^Use: npm run new:service/],
  [["product/reviews/more"], /^Use: npm run new:service/],
  [["product/reviews", "product/votes"], /^Use: npm run new:service/],
  [["shop/reviews"], /^There is no domain shop\. Choose one of commerce, /],
  [["../reviews"], /^There is no domain \.\./],
  [["product/Reviews"], /^Reviews cannot name a service: use at most 30 lower-case/],
  [["product/gift_cards"], /^gift_cards cannot name a service/],
  [["product/gift--cards"], /^gift--cards cannot name a service/],
  [["product/2reviews"], /^2reviews cannot name a service/],
  [[`product/${"a".repeat(31)}`], /cannot name a service/],
])("%j is refused with one line", (args, message) => {
  expect(() => namesOf(args)).toThrow(message);
});

test.each(["classes", "class", "groups", "contract"])("the name %s is refused because a word is reserved", (name) => {
  const names = namesOf([`product/${name}`]);
  if (name === "classes")
    expect(() => assertNotReserved(names)).not.toThrow(); // neither `classes` nor the table `class`
  else expect(() => assertNotReserved(names)).toThrow(/is a reserved word/);
});
