import { demoAccounts } from "#config/demo.ts";
import { Personal } from "./personal.ts";
import { Text, TextOrEmpty } from "./text.ts";

const { address } = demoAccounts.customer;

/** The properties of a postal address, of whatever country. */
export const addressFields = {
  street: Personal(Text(200, { examples: [address.street] })),
  city: Personal(Text(100, { examples: [address.city] })),
  state: Personal(TextOrEmpty(100, { description: "Empty where a country has none", examples: [address.state] })),
  zipCode: Personal(Text(20, { examples: [address.zipCode] })),
  country: Personal(Text(56, { examples: [address.country] })),
};
