import { batchedLookup } from "#lib/batched-lookup.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { inventoryLimits } from "./domain/limits.ts";
import { stockOf } from "./inventory.store.ts";
import { availableView } from "./view.ts";

/** What the handlers share. */
export interface Deps {
  /** The pieces of each sku that are not reserved, as they are when or after it is called. */
  available(skus: readonly string[]): Promise<{ sku: string; available: number }[]>;
}

/** Purchases of one moment share a query. What asks for many skus has one of its own, and nobody waits for it. */
export function setUp({ db }: Pick<SetupContext, "db">): Deps {
  const look = async (skus: readonly string[]) => {
    const found = await stockOf(db, skus);
    return skus.map((sku) => availableView(found, sku));
  };
  const find = batchedLookup(async (skus) => new Map((await look(skus)).map((view) => [view.sku, view.available])));
  return {
    available: (skus) =>
      skus.length > inventoryLimits.SKUS_SHARED
        ? look(skus)
        : Promise.all(skus.map(async (sku) => ({ sku, available: (await find(sku)) ?? 0 }))),
  };
}
