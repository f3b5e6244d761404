import { describe, expect, test } from "@jest/globals";
import { buyerOf } from "#services/commerce/checkout/domain/buyer.ts";
import { customer, GUEST, SERVICE, staff } from "#test/support/identities.ts";

const failsWith = (type: string, path?: string) =>
  expect.objectContaining({ type, ...(path ? { data: { errors: [expect.objectContaining({ path })] } } : {}) });

describe("the buyer of a cart", () => {
  test("is the customer, whose account has the address", () => {
    expect(buyerOf(customer("cust_1"), "cart_1", undefined, false)).toEqual({ customerId: "cust_1" });
    expect(() => buyerOf(customer("cust_1"), "cart_1", "a@example.com", false)).toThrow(
      failsWith("VALIDATION_FAILED", "/email"),
    );
  });

  test("is a guest with an id of the cart and an address", () => {
    expect(buyerOf(GUEST, "cart_1", "a@example.com", true)).toEqual({ customerId: "guest_1", email: "a@example.com" });
    expect(() => buyerOf(GUEST, "cart_1", undefined, true)).toThrow(failsWith("VALIDATION_FAILED", "/email"));
  });

  test("is nobody without a login and without the token of a cart, and neither staff nor a service", () => {
    expect(() => buyerOf(GUEST, "cart_1", "a@example.com", false)).toThrow(failsWith("UNAUTHENTICATED"));
    expect(() => buyerOf(staff("*"), "cart_1", undefined, true)).toThrow(failsWith("FORBIDDEN"));
    expect(() => buyerOf(SERVICE, "cart_1", undefined, true)).toThrow(failsWith("FORBIDDEN"));
  });
});
