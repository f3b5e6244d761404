interface PostalAddress {
  street: string;
  city: string;
  zipCode: string;
  country?: string | undefined;
}

/**
 * An address in a form in which small differences of spelling do not count: case, accents, punctuation, and the sequence
 * of the words of a street.
 */
export function addressText({ street, city, zipCode, country = "" }: PostalAddress): string {
  const words = plain(street).split(" ").sort().join(" ");
  return [words, plain(city), plain(zipCode).replaceAll(" ", ""), country].join("/");
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
