import { Text, TextOrEmpty } from "./text.ts";

/** The properties of a postal address, of whatever country. */
export const addressFields = {
  street: Text(200),
  city: Text(100),
  state: TextOrEmpty(100, { description: "Empty where a country has none" }),
  zipCode: Text(20),
  country: Text(56),
};
