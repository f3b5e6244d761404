import { toMinor } from "#lib/contract/money.ts";
import type { EventData } from "#lib/contract/types.ts";
import { accountOf } from "./chart.ts";

/** One side of an entry. Exactly one of the two amounts is above zero. */
export interface Line {
  account: string;
  debitMinor: number;
  creditMinor: number;
}

/** What an event means in the books: lines whose debits and credits are equal, and what they are about. */
export interface Posting {
  currency: string;
  lines: readonly Line[];
  orderId?: string | undefined;
  paymentId?: string | undefined;
  customerId?: string | undefined;
  sellerId?: string | undefined;
}

/** Events that are posted. */
export type PostedEvent =
  | "billing.InvoiceIssued"
  | "billing.CreditNoteIssued"
  | "payments.PaymentCompleted"
  | "payments.PaymentRefunded"
  | "payments.PaymentRefundFailed"
  | "payments.DisputeOpened"
  | "payments.DisputeClosed"
  | "payments.GiftCardIssued"
  | "payments.GiftCardDisabled"
  | "payments.StoreCreditGranted"
  | "payments.ProviderFeeCharged"
  | "payments.ProviderPaidOut"
  | "sellers.SaleCredited"
  | "sellers.SaleReversed"
  | "sellers.PayoutSent";

/** Which accounts get how much: above zero is a debit, below zero a credit. */
type Amounts = readonly (readonly [account: string, minor: number])[];

type Rules = { readonly [N in PostedEvent]: (data: EventData<N>) => Posting };

/** Events of before named no provider: they are of the first one that there was. */
const FIRST_PROVIDER = "test";

/**
 * What each event posts. An amount that changes its sign changes its side, so that no line is negative.
 * `docs/ledger.md` has the same as a table.
 */
const RULES: Rules = {
  "billing.InvoiceIssued": (data) => {
    const { total, sales, shipping, tax } = booked(data);
    return entry(data, [
      [accountOf("customer", data.customerId), total],
      ["sales", -sales],
      ["shipping", -shipping],
      ...tax.map(([account, minor]) => [account, -minor] as const),
    ]);
  },
  "billing.CreditNoteIssued": (data) => {
    const { total, sales, shipping, tax } = booked(data);
    return entry(data, [
      ["refunds", sales],
      ["shipping", shipping],
      ...tax,
      [accountOf("customer", data.customerId), -total],
    ]);
  },
  "payments.PaymentCompleted": (data) =>
    entry(data, [...paidBy(data), [accountOf("customer", data.customerId), -minorOf(data)]]),
  "payments.PaymentRefunded": (data) =>
    entry(data, [
      [accountOf("customer", data.customerId), minorOf(data)],
      ...paidBy(data).map(([account, minor]) => [account, -minor] as const),
    ]),
  "payments.PaymentRefundFailed": (data) =>
    entry(data, [
      [clearingOf(data), minorOf(data)],
      [accountOf("customer", data.customerId), -minorOf(data)],
    ]),
  "payments.DisputeOpened": (data) =>
    entry(data, [
      ["chargebacks", minorOf(data)],
      [clearingOf(data), -minorOf(data)],
    ]),
  "payments.DisputeClosed": (data) => {
    const returned = data.outcome === "won" ? minorOf(data) : 0;
    return entry(data, [
      [clearingOf(data), returned],
      ["chargebacks", -returned],
    ]);
  },
  "payments.GiftCardIssued": (data) =>
    entry(data, [
      ["giftCardsIssued", minorOf(data)],
      ["giftCards", -minorOf(data)],
    ]),
  "payments.GiftCardDisabled": (data) =>
    entry(data, [
      ["giftCards", minorOf(data)],
      ["giftCardsEnded", -minorOf(data)],
    ]),
  "payments.StoreCreditGranted": (data) =>
    entry(data, [
      ["storeCreditGranted", minorOf(data)],
      ["storeCredit", -minorOf(data)],
    ]),
  "payments.ProviderFeeCharged": (data) =>
    entry(data, [
      [accountOf("fees", data.provider), minorOf(data)],
      [clearingOf(data), -minorOf(data)],
    ]),
  "payments.ProviderPaidOut": (data) =>
    entry(data, [
      ["bank", minorOf(data)],
      [clearingOf(data), -minorOf(data)],
    ]),
  "sellers.SaleCredited": (data) => entry(data, ofSale(data)),
  "sellers.SaleReversed": (data) =>
    entry(
      data,
      ofSale(data).map(([account, minor]) => [account, -minor] as const),
    ),
  "sellers.PayoutSent": (data) =>
    entry(data, [
      [accountOf("seller", data.sellerId), minorOf(data)],
      ["bank", -minorOf(data)],
    ]),
};

/**
 * What an event posts; undefined when that is nothing, as with a lost dispute or an amount of zero.
 * @throws Error when the event's amounts contradict each other: it becomes a dead letter, and a person decides
 */
export function postingOf<N extends PostedEvent>(name: N, data: EventData<N>): Posting | undefined {
  const posting = RULES[name](data);
  const difference = posting.lines.reduce((sum, { debitMinor, creditMinor }) => sum + debitMinor - creditMinor, 0);
  if (difference !== 0) throw new Error(`${name} does not balance: debits exceed credits by ${difference}.`);
  return posting.lines.length > 0 ? posting : undefined;
}

interface About {
  currency: string;
  orderId?: string | undefined;
  paymentId?: string | undefined;
  customerId?: string | undefined;
  sellerId?: string | undefined;
}

/** Each account has one line at most, on the side on which the sum of its amounts is. */
function entry({ currency, orderId, paymentId, customerId, sellerId }: About, amounts: Amounts): Posting {
  const sums = new Map<string, number>();
  for (const [account, minor] of amounts) sums.set(account, (sums.get(account) ?? 0) + minor);
  const lines = [...sums]
    .filter(([, minor]) => minor !== 0)
    .map(([account, minor]) => ({ account, debitMinor: Math.max(minor, 0), creditMinor: Math.max(-minor, 0) }));
  return { currency, lines, orderId, paymentId, customerId, sellerId };
}

interface Money {
  amount: number;
  currency: string;
}

function minorOf({ amount, currency }: Money): number {
  return toMinor(amount, currency);
}

function clearingOf({ provider = FIRST_PROVIDER }: { provider?: string | undefined }): string {
  return accountOf("clearing", provider);
}

const TENDERS = { giftCard: "giftCards", storeCredit: "storeCredit" } as const;

type Paid = Money & {
  provider?: string | undefined;
  tenders?: readonly { type: keyof typeof TENDERS; amount: number }[] | undefined;
};

/** What has paid an amount: gift cards and store credit their parts, and the provider the rest. */
function paidBy(data: Paid): Amounts {
  const { tenders = [], currency } = data;
  const parts = tenders.map(({ type, amount }) => [TENDERS[type], toMinor(amount, currency)] as const);
  const rest = minorOf(data) - parts.reduce((sum, [, minor]) => sum + minor, 0);
  return [[clearingOf(data), rest], ...parts];
}

/** The invoice has booked a sale of a seller as the shop's own: what belongs to the seller is taken out of it. */
function ofSale({ sellerId, gross, commission, net, currency }: EventData<"sellers.SaleCredited">): Amounts {
  return [
    ["sales", toMinor(gross, currency)],
    [accountOf("seller", sellerId), -toMinor(net, currency)],
    ["commission", -toMinor(commission, currency)],
  ];
}

type Booked = Pick<EventData<"billing.InvoiceIssued">, "total" | "net" | "shipping" | "tax" | "currency">;

function booked({ total, net, shipping, tax, currency }: Booked) {
  const minor = (amount: number) => toMinor(amount, currency);
  return {
    total: minor(total),
    sales: minor(net) - minor(shipping),
    shipping: minor(shipping),
    tax: tax.map(({ name, amount }) => [accountOf("tax", name), minor(amount)] as const),
  };
}
