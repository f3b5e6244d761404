import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { momentOf } from "#lib/contract/moment.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { taxLimits } from "../domain/limits.ts";
import { taxesChanged } from "../steps/taxes-changed.ts";
import { deleteExemption, exemptionsOf, insertExemption } from "../tax.store.ts";
import { exemptionView } from "../view.ts";

type Actions = typeof pricing.actions;

export const addTaxExemption: Handler<Actions["addTaxExemption"], Deps> = async (ctx, { state = null, ...params }) => {
  const validUntil = momentOf(params.validUntil, "/validUntil");
  const stored = await insertExemption(ctx.db, { exemptionId: newId("taxExemption"), ...params, state, validUntil });
  if (!stored) {
    const message = `A customer can have at most ${taxLimits.EXEMPTIONS_PER_CUSTOMER} certificates.`;
    throw new DomainError("LIMIT_REACHED", message);
  }
  await taxesChanged(ctx);
  return exemptionView(stored);
};

export const listTaxExemptions: Handler<Actions["taxExemptions"], Deps> = async (ctx, { customerId }) => ({
  exemptions: (await exemptionsOf(ctx.db, customerId)).map(exemptionView),
});

export const deleteTaxExemption: Handler<Actions["deleteTaxExemption"], Deps> = async (
  ctx,
  { customerId, exemptionId },
) => {
  if (!(await deleteExemption(ctx.db, customerId, exemptionId)))
    throw new DomainError("NOT_FOUND", "The customer has no such certificate.");
  await taxesChanged(ctx);
  return {};
};
