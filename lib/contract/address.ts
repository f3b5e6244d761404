import { Personal } from "./personal.ts";
import { Text, TextOrEmpty } from "./text.ts";

/** The properties of a postal address, of whatever country. */
export const addressFields = {
  street: Personal(Text(200)),
  city: Personal(Text(100)),
  state: Personal(TextOrEmpty(100, { description: "Empty where a country has none" })),
  zipCode: Personal(Text(20)),
  country: Personal(Text(56)),
};
