/** A tax number without what people write between its parts. */
export function plainTaxNumber(text: string): string {
  return text.replace(/[\s.-]/g, "").toUpperCase();
}
