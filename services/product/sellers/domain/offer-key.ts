/** What can be bought by itself: a sku of the shop, or the same sku of a seller. Neither of the two parts has a line feed. */
export function offerKey({ sku, sellerId }: { sku: string; sellerId?: string | undefined }): string {
  return sellerId === undefined ? sku : `${sellerId}\n${sku}`;
}
