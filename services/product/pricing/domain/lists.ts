/** When the prices of a list hold. What is null does not matter. */
export interface PriceList {
  code: string;
  currency: string;
  customerGroup: string | null;
  /** ISO 3166-1 alpha-2 code of the country that is delivered to. */
  region: string | null;
  startsAt: Date | null;
  /** The first moment at which it does not hold any more. */
  endsAt: Date | null;
  /** The higher number comes first. */
  priority: number;
}

/** What a list says about a sku from a number of pieces on. */
export interface ListPrice {
  list: string;
  sku: string;
  /** Null: from every warehouse. */
  warehouseId: string | null;
  minQuantity: number;
  amountMinor: number;
}

/** What a price depends on besides the sku and the number of pieces. */
export interface Purchase {
  currency: string;
  /** The customer's groups. */
  groups: readonly string[];
  region?: string | undefined;
  warehouseId?: string | undefined;
  at: Date;
}

/** Whether the prices of a list hold for a purchase. Without a region or a group no list holds that names one. */
export function holds(list: PriceList, { currency, groups, region, at }: Purchase): boolean {
  return (
    list.currency === currency &&
    (list.region === null || list.region === region) &&
    (list.customerGroup === null || groups.includes(list.customerGroup)) &&
    (list.startsAt === null || list.startsAt <= at) &&
    (list.endsAt === null || at < list.endsAt)
  );
}
