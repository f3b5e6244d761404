import { batchConsumer } from "#mixins/service/consumers.ts";
import { latestOf } from "../domain/references.ts";
import { writeReferences } from "../references.store.ts";

/** Notes which images a product shows from an event on. Nothing depends on it soon: what is not used stays for days. */
export const noteOn = batchConsumer<readonly string[]>(async ({ tx }, items) => {
  const told = items.map(({ event: { key, sequence }, intent }) => ({ productId: key, sequence, mediaIds: intent }));
  await writeReferences(tx, latestOf(told));
});
