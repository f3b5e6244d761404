import { paging } from "#lib/contract/contract.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { payments } from "../contract.ts";
import { listDifferences as list } from "../differences.store.ts";
import type { PaymentsDeps } from "../setup.ts";

export const listDifferences: Handler<typeof payments.actions.listDifferences, PaymentsDeps> = async (
  { db },
  params,
) => {
  const { page, limit, offset } = paging(params);
  const { total, differences } = await list(db, { limit, offset });
  return {
    differences: differences.map(({ paymentId, orderId, foundAt, seenAt, ...difference }) => ({
      ...difference,
      ...(paymentId === null ? {} : { paymentId }),
      ...(orderId === null ? {} : { orderId }),
      foundAt: foundAt.toISOString(),
      seenAt: seenAt.toISOString(),
    })),
    pagination: { page, limit, total },
  };
};
