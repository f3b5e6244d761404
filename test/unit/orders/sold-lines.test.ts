import { describe, expect, test } from "@jest/globals";
import { soldLines } from "#services/commerce/orders/domain/sold-lines.ts";
import { line } from "./order-examples.ts";

const offered = { ...line("a", 2, 1_200), sellerId: "seller_1", discountMinor: 400 };
const VAT = { name: "VAT", rate: 20 };

describe("what an order tells about its lines", () => {
  const told = (taxes: object[], lineTaxes: object[][]) =>
    soldLines({
      lines: [line("b", 1, 100), offered],
      currency: "USD",
      taxes: taxes as never,
      lineTaxes: lineTaxes as never,
    });

  test("is what of the price of an offer its seller does not get: the discount, and the taxes in it", () => {
    const [own, ofSeller] = told(
      [{ ...VAT, amountMinor: 350, included: true }],
      [[{ ...VAT, amountMinor: 17 }], [{ ...VAT, amountMinor: 333 }]],
    );
    expect(own).toEqual({ productId: "prod_1", sku: "b", title: "b", quantity: 1, price: 1 });
    expect(ofSeller).toMatchObject({ sellerId: "seller_1", price: 12, discount: 4, includedTax: 3.33 });
  });

  test("is no tax that is added, and one that is taken off because this buyer need not pay it", () => {
    const added = { ...VAT, amountMinor: 400 };
    expect(told([{ ...added, included: false }], [[], [added]])[1]).not.toHaveProperty("includedTax");
    const relieved = { name: "VAT", rate: 0, reason: "exempt", amountMinor: 0, takenOffMinor: 333 };
    expect(told([{ ...relieved, included: false }], [[], [relieved]])[1]).toMatchObject({ includedTax: 3.33 });
  });
});
