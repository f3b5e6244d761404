import { onBatch } from "#mixins/service/consumers.ts";
import { saveDisposableMail } from "../customers.store.ts";
import type { Deps } from "../setup.ts";

export const customerUpdated = onBatch<"customers.CustomerUpdated", Deps>(
  "customers.CustomerUpdated",
  async ({ tx, deps }, events) => {
    const customers = events.flatMap(({ data: { customerId, email } }) =>
      email === undefined ? [] : [{ customerId, disposable: deps.scoring.isDisposable(email) }],
    );
    if (customers.length > 0) await saveDisposableMail(tx, customers);
  },
  { canWait: true },
);
