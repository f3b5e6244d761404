import { onBatch } from "#mixins/service/consumers.ts";
import { saveGroups } from "../projections.store.ts";

/** Of several events about a customer the latest one counts. */
export const customerGroupsChanged = onBatch("customers.CustomerGroupsChanged", async ({ tx }, events) => {
  const latest = new Map<string, (typeof events)[number]>();
  for (const event of events) {
    const other = latest.get(event.key);
    if (!other || other.sequence < event.sequence) latest.set(event.key, event);
  }
  saveGroups(
    tx,
    [...latest.values()].map(({ data, sequence }) => ({ ...data, sequence })),
  );
});
