import { onBatch } from "#mixins/service/consumers.ts";
import { saveDisposableMail } from "../customers.store.ts";
import type { Deps } from "../setup.ts";

/** Of the address only this is kept: whether its provider gives out disposable ones. */
export const customerCreated = onBatch<"customers.CustomerCreated", Deps>(
  "customers.CustomerCreated",
  async ({ tx, deps }, events) => {
    const flagged = events.filter(({ data }) => deps.scoring.isDisposable(data.email));
    const customers = flagged.map(({ data: { customerId } }) => ({ customerId, disposable: true }));
    if (customers.length > 0) await saveDisposableMail(tx, customers);
  },
  { canWait: true },
);
