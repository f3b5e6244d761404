import { Type } from "typebox";
import Format from "typebox/format";
import { isCountry } from "#config/countries.ts";
import { demoAccounts } from "#config/demo.ts";
import { NamedExact } from "./named.ts";
import { Personal } from "./personal.ts";
import { Text, TextOrEmpty } from "./text.ts";

const COUNTRY_FORMAT = "iso-3166-1-alpha-2";
Format.Set(COUNTRY_FORMAT, isCountry);

const { address } = demoAccounts.customer;

export const Country = Type.String({
  format: COUNTRY_FORMAT,
  "x-form": "the ISO 3166-1 alpha-2 code of a country",
  description: "ISO 3166-1 alpha-2 code; the shop's own country (`SHOP_COUNTRY`) unless given",
  examples: [address.country],
});

const postalFields = {
  street: Personal(Text(200, { examples: [address.street] })),
  city: Personal(Text(100, { examples: [address.city] })),
  state: Personal(TextOrEmpty(100, { description: "Empty where a country has none", examples: [address.state] })),
  zipCode: Personal(Text(20, { examples: [address.zipCode] })),
};

/** The properties of a postal address, of whatever country, as requests have them. */
export const addressFields = { ...postalFields, country: Type.Optional(Personal(Country)) };

/** An address in a request. */
export const Address = NamedExact("Address", addressFields);

/** The properties of a stored address. One that was stored before codes were required has the text that was sent then. */
export const storedAddressFields = { ...postalFields, country: Personal(Text(56, { examples: [address.country] })) };

/** An address with a country: the shop's own, unless the address names one. */
export function withCountry<A extends { readonly country?: string | undefined }>(address: A, shopCountry: string) {
  return { ...address, country: address.country ?? shopCountry };
}
