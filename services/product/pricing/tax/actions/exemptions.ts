import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { momentOf } from "#lib/contract/moment.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { pricing } from "../../contract.ts";
import type { Deps } from "../../setup.ts";
import { taxLimits } from "../domain/limits.ts";
import { changeTaxes } from "../steps/change-taxes.ts";
import { deleteExemption, exemptionsOf, insertExemption } from "../tax.store.ts";
import { exemptionView } from "../view.ts";

type Actions = typeof pricing.actions;

export const addTaxExemption: Handler<Actions["addTaxExemption"], Deps> = transactional(
  async (ctx, { state = null, ...params }) => {
    const validUntil = momentOf(params.validUntil, "/validUntil");
    const exemption = { exemptionId: newId("taxExemption"), ...params, state, validUntil };
    return changeTaxes(ctx, async (tx) => {
      const stored = await insertExemption(tx, exemption);
      if (stored) return exemptionView(stored);
      const message = `A customer can have at most ${taxLimits.EXEMPTIONS_PER_CUSTOMER} certificates.`;
      throw new DomainError("LIMIT_REACHED", message);
    });
  },
);

export const listTaxExemptions: Handler<Actions["taxExemptions"], Deps> = async (ctx, { customerId }) => ({
  exemptions: (await exemptionsOf(ctx.db, customerId)).map(exemptionView),
});

export const deleteTaxExemption: Handler<Actions["deleteTaxExemption"], Deps> = transactional(
  (ctx, { customerId, exemptionId }) =>
    changeTaxes(ctx, async (tx) => {
      if (!(await deleteExemption(tx, customerId, exemptionId)))
        throw new DomainError("NOT_FOUND", "The customer has no such certificate.");
      return {};
    }),
);
