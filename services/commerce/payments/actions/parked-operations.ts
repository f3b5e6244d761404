import { paging } from "#lib/contract/contract.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { toMajor } from "#lib/contract/money.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { listParkedOperations, retryParkedOperation } from "../parked.store.ts";
import type { PaymentsDeps } from "../setup.ts";

type Actions = typeof payments.actions;

export const listParked: Handler<Actions["listParked"], PaymentsDeps> = async ({ db }, params) => {
  const { page, limit, offset } = paging(params);
  const { total, operations } = await listParkedOperations(db, { limit, offset });
  return {
    operations: operations.map(({ amountMinor, parkedAt, ...operation }) => ({
      ...operation,
      amount: toMajor(amountMinor, operation.currency),
      parkedAt: parkedAt.toISOString(),
    })),
    pagination: { page, limit, total },
  };
};

export const retryParked: Handler<Actions["retryParked"], PaymentsDeps> = async ({ db, deps }, { operationId }) => {
  if (!(await retryParkedOperation(db, operationId))) throw new DomainError("NOT_FOUND");
  deps.operations.wake([operationId]);
  return { operationId, status: "due" as const };
};
