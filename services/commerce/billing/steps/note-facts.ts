import { causedBy } from "#lib/events/envelope.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import type { Captured, Fact, Refunded } from "../domain/due.ts";
import { noteFacts } from "../due.store.ts";
import type { BillingDeps } from "../setup.ts";

/**
 * Makes a consumer of one event type, which says what the event is to its order. What other services know is asked for
 * later, for many documents at once: so a consumer takes one statement, and waits for nobody.
 */
export const noteOn = batchConsumer<{ orderId: string; currency: string } & (Captured | Refunded), BillingDeps>(
  async ({ tx, deps }, items) => {
    const facts = items.map(
      ({ event, intent }): Fact => ({ ...intent, eventId: event.eventId, cause: causedBy(event) }),
    );
    noteFacts(tx, facts);
    tx.afterCommit(() => deps.pending.add(facts));
  },
);
