import type { Handler } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { findTaxes } from "../steps/find-taxes.ts";

export const getTaxes: Handler<typeof pricing.actions.taxes, Deps> = async (ctx, asked) => ({
  taxed: ctx.deps.taxBook.taxed,
  ...(await findTaxes(ctx, asked, ctx.now())),
});
