import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { listDisputes as list, readDispute, type StoredDispute } from "../disputes.store.ts";
import { providerUnavailable } from "../domain/errors.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { PaymentsDeps } from "../setup.ts";
import { followDispute } from "../steps/follow-dispute.ts";

type Actions = typeof payments.actions;

export const listDisputes: Handler<Actions["listDisputes"], PaymentsDeps> = async ({ db }, params) => {
  const { page, limit, offset } = paging(params);
  const { total, disputes } = await list(db, { paymentId: params.paymentId, limit, offset });
  return { disputes: disputes.map(viewOf), pagination: { page, limit, total } };
};

export const getDispute: Handler<Actions["getDispute"], PaymentsDeps> = async ({ db }, { disputeId }) => {
  return viewOf(await required(db, disputeId));
};

/**
 * Sends evidence. The provider takes it once, under the dispute's id as key, and the dispute is read again afterwards, so
 * that a lost answer changes nothing.
 */
export const submitEvidence: Handler<Actions["submitEvidence"], PaymentsDeps> = async (
  ctx,
  { disputeId, ...evidence },
) => {
  const { provider: name, reference, status } = await required(ctx.db, disputeId);
  if (status !== "needs_response") throw new DomainError("DISPUTE_CLOSED");
  const provider = ctx.deps.providers.find(name);
  const { disputes } = provider ?? {};
  if (!provider || !disputes) throw new DomainError("NOT_SUPPORTED");
  try {
    await withTimeout(name, paymentLimits.PROVIDER_TIMEOUT_MS, (signal) =>
      disputes.submitEvidence(reference, evidence, disputeId, signal),
    );
    await withTimeout(name, paymentLimits.PROVIDER_TIMEOUT_MS, (signal) =>
      followDispute(ctx, provider, reference, signal),
    );
  } catch (error) {
    if (error instanceof DomainError) throw error;
    ctx.log.warn("Evidence could not be sent.", { dispute: disputeId, reason: String(error) });
    throw providerUnavailable();
  }
  return viewOf(await required(ctx.db, disputeId));
};

async function required(db: Parameters<typeof readDispute>[0], disputeId: string): Promise<StoredDispute> {
  const dispute = await readDispute(db, disputeId);
  if (!dispute) throw new DomainError("NOT_FOUND");
  return dispute;
}

function viewOf({
  customerId: _,
  reference: __,
  amountMinor,
  evidenceDueBy,
  openedAt,
  closedAt,
  ...dispute
}: StoredDispute): ResultOf<Actions["getDispute"]> {
  return {
    ...dispute,
    amount: toMajor(amountMinor, dispute.currency),
    ...(evidenceDueBy ? { evidenceDueBy: evidenceDueBy.toISOString() } : {}),
    openedAt: openedAt.toISOString(),
    ...(closedAt ? { closedAt: closedAt.toISOString() } : {}),
  };
}
