/** What stands behind an account's balance, and on which side it grows: assets and expenses by debits, the others by credits. */
export const ACCOUNT_TYPES = ["asset", "liability", "income", "expense"] as const;
export type AccountType = (typeof ACCOUNT_TYPES)[number];

interface AccountKind {
  type: AccountType;
  /** The accounts are named `<kind>:<name>`, one for each of these. Absent: there is one account, with the name of the kind. */
  per?: string;
  /** There may be millions of them: the trial balance shows their sum as `<kind>:*`. */
  subledger?: true;
  says: string;
}

/** The chart of accounts. */
const CHART = {
  bank: { type: "asset", says: "What providers have paid out to the shop's bank account" },
  chargebacks: { type: "expense", says: "What customers' banks have taken back, and not given up again" },
  clearing: { type: "asset", per: "provider", says: "What a payment provider holds for the shop" },
  commission: { type: "income", says: "What the shop has kept of the sales of sellers, less refunds" },
  customer: {
    type: "asset",
    per: "customer",
    subledger: true,
    says: "What a customer owes: invoices less payments. A credit balance is what the shop owes them",
  },
  fees: { type: "expense", per: "provider", says: "What a payment provider has kept for its service" },
  giftCards: { type: "liability", says: "What is left on gift cards" },
  giftCardsEnded: { type: "income", says: "What was left on gift cards that staff have disabled" },
  giftCardsIssued: { type: "expense", says: "Gift cards that staff have issued: what was given for them" },
  loyalty: { type: "liability", says: "Points of customers, in money" },
  refunds: { type: "income", says: "Credit notes, without delivery and tax: reduces the sales" },
  sales: { type: "income", says: "Goods that were invoiced, without delivery and tax" },
  seller: {
    type: "liability",
    per: "seller",
    subledger: true,
    says: "What the shop owes a seller of its marketplace",
  },
  shipping: { type: "income", says: "Deliveries that were invoiced, less credit notes, without tax" },
  storeCredit: { type: "liability", says: "What customers may still spend of their store credit" },
  storeCreditGranted: { type: "expense", says: "Store credit that was granted: what was given away" },
  tax: { type: "liability", per: "tax", says: "Tax that was invoiced, less credit notes: it belongs to the state" },
} as const satisfies Record<string, AccountKind>;

export type AccountKindName = keyof typeof CHART;
export const ACCOUNT_KINDS = Object.keys(CHART) as AccountKindName[];

/** Kinds whose accounts are shown together in the trial balance. */
export const SUBLEDGERS: readonly string[] = ACCOUNT_KINDS.filter((kind) => isSubledger(kind));

const NAME_CHARS = 200; // of what is behind the colon: names of taxes are free text

/** The name of an account of a kind that has several. */
export function accountOf(kind: AccountKindName, name: string): string {
  return `${kind}:${name.slice(0, NAME_CHARS)}`;
}

/** @throws Error when no kind of account has this name */
export function typeOf(account: string): AccountType {
  const [kind = ""] = account.split(":");
  const found: AccountKind | undefined = (CHART as Record<string, AccountKind>)[kind];
  if (!found) throw new Error(`The chart has no account ${account}.`);
  return found.type;
}

/** Whether an account is one of many that the trial balance shows together. */
export function isSubledger(account: string): boolean {
  const [kind = ""] = account.split(":");
  const found: AccountKind | undefined = (CHART as Record<string, AccountKind>)[kind];
  return found?.subledger === true;
}
