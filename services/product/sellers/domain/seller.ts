/** The states of a seller, and what leads from one to another. */
export const SELLER_STATUSES = ["applied", "submitted", "in_review", "approved", "rejected", "suspended"] as const;
export type SellerStatus = (typeof SELLER_STATUSES)[number];

/** `passed`, `doubted` and `failed` are answers of the provider that checks sellers; the others are people's decisions. */
export type SellerEvent = "submit" | "passed" | "doubted" | "failed" | "approve" | "reject" | "suspend" | "reinstate";

/** `refuse`: this cannot be done now. `ignore`: nothing changes, because it was done already or somebody has decided. */
type Next = SellerStatus | "refuse" | "ignore";

/** The next state for every pair. An answer of the provider that comes late never changes what people have decided. */
export const TRANSITIONS: Readonly<Record<SellerStatus, Readonly<Record<SellerEvent, Next>>>> = {
  applied: {
    ...{ submit: "submitted", passed: "ignore", doubted: "ignore", failed: "ignore" },
    ...{ approve: "refuse", reject: "rejected", suspend: "refuse", reinstate: "refuse" },
  },
  submitted: {
    ...{ submit: "ignore", passed: "approved", doubted: "in_review", failed: "rejected" },
    ...{ approve: "approved", reject: "rejected", suspend: "refuse", reinstate: "refuse" },
  },
  in_review: {
    ...{ submit: "ignore", passed: "ignore", doubted: "ignore", failed: "ignore" },
    ...{ approve: "approved", reject: "rejected", suspend: "refuse", reinstate: "refuse" },
  },
  approved: {
    ...{ submit: "refuse", passed: "ignore", doubted: "ignore", failed: "ignore" },
    ...{ approve: "ignore", reject: "refuse", suspend: "suspended", reinstate: "ignore" },
  },
  rejected: {
    ...{ submit: "submitted", passed: "ignore", doubted: "ignore", failed: "ignore" },
    ...{ approve: "refuse", reject: "ignore", suspend: "refuse", reinstate: "refuse" },
  },
  suspended: {
    ...{ submit: "refuse", passed: "ignore", doubted: "ignore", failed: "ignore" },
    ...{ approve: "refuse", reject: "refuse", suspend: "ignore", reinstate: "approved" },
  },
};

export type Move = { kind: "to"; status: SellerStatus } | { kind: "stay" } | { kind: "refuse" };

/** What an event does to a seller. */
export function moveOf(status: SellerStatus, event: SellerEvent): Move {
  const next = TRANSITIONS[status][event];
  if (next === "refuse") return { kind: "refuse" };
  return next === "ignore" ? { kind: "stay" } : { kind: "to", status: next };
}

/** Only approved sellers may offer and sell. */
export function maySell(status: SellerStatus): boolean {
  return status === "approved";
}

export const DOCUMENT_TYPES = ["identity", "registration", "address", "bank"] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

const REQUIRED: readonly DocumentType[] = ["identity", "registration"];

/** What a seller has to add before the application can be submitted. */
export function missingDocuments(present: readonly DocumentType[]): DocumentType[] {
  return REQUIRED.filter((type) => !present.includes(type));
}
