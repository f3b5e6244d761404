import { DomainError, FIELD_ERRORS_SHOWN } from "#lib/contract/errors.ts";
import type { Call } from "#lib/contract/types.ts";

/** Thrown within a transaction to roll it back: it would write rows for these skus, of which the service has none yet. */
export class NewSkus extends Error {
  readonly skus: readonly string[];

  constructor(skus: readonly string[]) {
    super("Some skus are new.");
    this.skus = skus;
  }
}

/**
 * For services that store something for each sku. Rows that exist prove that their skus do, so changes of them ask nobody.
 * Work that would write the first row of a sku throws `NewSkus`, which rolls it back. If the catalogue knows these skus,
 * the work runs again with `areKnown` true; no remote call is made while a transaction is open.
 * @param rows of the request
 * @param pathOf JSON pointer of a row
 * @throws DomainError UNKNOWN_PRODUCT naming the first `FIELD_ERRORS_SHOWN` rows whose skus the catalogue does not have
 */
export async function withKnownSkus<T>(
  { call }: { call: Call },
  rows: readonly { sku: string }[],
  pathOf: (index: number) => string,
  work: (areKnown: boolean) => Promise<T>,
): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!(error instanceof NewSkus)) throw error;
    const { skus } = await call("catalog.unknownSkus", { skus: [...new Set(error.skus)] });
    if (skus.length > 0) throw unknownSkus(rows, new Set(skus), pathOf);
    return work(true);
  }
}

function unknownSkus(
  rows: readonly { sku: string }[],
  unknown: ReadonlySet<string>,
  pathOf: (index: number) => string,
) {
  const errors = rows.flatMap(({ sku }, index) =>
    unknown.has(sku) ? [{ path: `${pathOf(index)}/sku`, message: `${sku} is not a variant of any product` }] : [],
  );
  const [first] = unknown;
  const detail =
    unknown.size === 1
      ? `The catalogue has no variant ${first}. Add the product first.`
      : `The catalogue has no variants for ${unknown.size} of these skus. Add the products first.`;
  return new DomainError("UNKNOWN_PRODUCT", detail, { errors: errors.slice(0, FIELD_ERRORS_SHOWN) });
}
