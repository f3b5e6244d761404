import { expect, test } from "@jest/globals";
import { isCountry } from "#config/countries.ts";
import { parseEnv } from "#config/env.ts";
import { addressFields, withCountry } from "#lib/contract/address.ts";
import { Exact } from "#lib/contract/contract.ts";
import { faults } from "#lib/contract/validation.ts";

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

test("countries are the 249 of ISO 3166-1, and Kosovo", () => {
  const codes = LETTERS.flatMap((a) => LETTERS.map((b) => `${a}${b}`)).filter(isCountry);
  expect(codes).toHaveLength(250);
  expect(codes).toEqual(expect.arrayContaining(["US", "GB", "DE", "AX", "BQ", "SS", "TW", "XK"]));
  for (const code of ["USA", "us", "U", "", "EU", "UN", "UK", "SU", "ZZ"]) expect(isCountry(code)).toBe(false);
});

test("an address may leave its country out, and names no other than a country", () => {
  const address: Record<string, string> = {
    street: "1 Market Street",
    city: "Portland",
    state: "OR",
    zipCode: "97201",
  };
  const Address = Exact(addressFields);
  expect(faults(Address, address)).toEqual([]);
  expect(faults(Address, { ...address, country: "DE" })).toEqual([]);
  expect(faults(Address, { ...address, country: "Germany" })).toMatchObject([{ path: "/country" }]);
  expect(withCountry(address, "CH")).toEqual({ ...address, country: "CH" });
  expect(withCountry({ ...address, country: "DE" }, "CH")).toMatchObject({ country: "DE" });
});

test("the shop's own country is a setting that is checked", () => {
  expect(parseEnv({}).SHOP_COUNTRY).toBe("US");
  expect(parseEnv({ SHOP_COUNTRY: "CH" }).SHOP_COUNTRY).toBe("CH");
  expect(() => parseEnv({ SHOP_COUNTRY: "Switzerland" })).toThrow(/^SHOP_COUNTRY: must be the ISO 3166-1 alpha-2 code/);
});
