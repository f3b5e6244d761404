import type { Mutant } from "./mutant.ts";

export const dealMutants: readonly Mutant[] = [
  {
    name: "deal-slot-lost-with-its-order",
    file: "services/product/promotions/deals/domain/claim.ts",
    find: `return isFor(state, change.orderId) && (state.kind === "ordered" || state.kind === "sold")`,
    replace: `return isFor(state, change.orderId) && state.kind === "ordered"`,
    caughtBy: "F1",
    breaks: ["deals.orders"],
    why: "A sold claim looks final. When its order is cancelled, its slot is lost, and the next one in the queue waits for nothing.",
  },
  {
    name: "deal-serves-the-latest-first",
    file: "services/product/promotions/deals/domain/turns.ts",
    find: "queue.sort((a, b) => a.number - b.number)",
    replace: "queue.sort((a, b) => b.number - a.number)",
    caughtBy: "F1",
    breaks: ["deals.turns"],
    why: "The queue is read from its end. Whoever came last gets the slots that become free.",
  },
];
