import type { Handler } from "#mixins/service/context.ts";
import { findUnknownSkus } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";

export const unknownSkus: Handler<typeof catalog.actions.unknownSkus> = async ({ db }, { skus }) => ({
  skus: await findUnknownSkus(db, skus),
});
