import type { Mutant } from "./mutant.ts";

export const offerMutants: readonly Mutant[] = [
  {
    name: "offer-lines-not-added-up",
    file: "services/product/sellers/domain/pieces.ts",
    find: "quantity: quantity + (sums.get(key)?.quantity ?? 0)",
    replace: "quantity",
    caughtBy: "F1",
    breaks: ["sellers.pieces"],
    why: "Pieces are kept by offer, and a second line of the same offer replaces the first. The seller sells more than there is.",
  },
  {
    name: "offer-stays-reserved",
    file: "services/product/sellers/pieces.store.ts",
    find: `state !== "ordered" && isOpen(orderId)`,
    replace: `state === "committed" && isOpen(orderId)`,
    caughtBy: "F1",
    breaks: ["sellers.offers"],
    why: "What is reserved ends when an order is paid, and not when it is cancelled. Sellers see pieces of orders that are over.",
  },
];
