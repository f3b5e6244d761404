import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toMajor } from "#lib/contract/money.ts";
import type { EventData } from "#lib/contract/types.ts";
import { isSubledger, typeOf } from "#services/commerce/ledger/domain/chart.ts";
import { type PostedEvent, type Posting, postingOf } from "#services/commerce/ledger/domain/postings.ts";

const of = { paymentId: "pay_1", orderId: "ord_1", customerId: "cust_1" };
const usd = { currency: "USD" };
const about = { ...of, ...usd };

const booked = {
  ...{ orderId: "ord_1", customerId: "cust_1", sellerId: "shop", invoiceId: "inv_1", number: "1", ...usd },
  ...{ total: 119, net: 100, shipping: 10 },
  tax: [{ name: "VAT", rate: 0.19, amount: 19 }],
};
const ofSeller = { orderId: "ord_1", sellerId: "seller_1", gross: 50, commission: 6, net: 44, ...usd };
const credited = { ...booked, creditNoteId: "cn_1", invoiceNumber: "1", refundId: "ref_1" };

/** The lines as text, debits first: `sales 90` is a credit, `+bank 5` a debit. */
const said = (posting: Posting | undefined) =>
  posting?.lines.map(({ account, debitMinor, creditMinor }) =>
    debitMinor > 0 ? `+${account} ${debitMinor}` : `${account} ${creditMinor}`,
  );

describe("each event posts", () => {
  const captured = { ...about, amount: 50, status: "captured" as const, totalCaptured: 70 };
  const refunded = { ...about, amount: 20, refundId: "ref_1", reason: "r", totalRefunded: 50 };
  const tenders = [
    { type: "giftCard" as const, giftCardId: "gift_1", amount: 5 },
    { type: "giftCard" as const, giftCardId: "gift_2", amount: 1 },
    { type: "storeCredit" as const, amount: 4 },
  ];
  const dispute = { ...about, amount: 7, disputeId: "dp_1" };
  const cases: [string, Posting | undefined, string[] | undefined][] = [
    [
      "an invoice: what the customer owes, of goods, delivery and tax",
      postingOf("billing.InvoiceIssued", booked),
      ["+customer:cust_1 11900", "sales 9000", "shipping 1000", "tax:VAT 1900"],
    ],
    [
      "taxes of one name together, and a discount that exceeds the goods on the other side",
      postingOf("billing.InvoiceIssued", {
        ...{ ...booked, total: 9, net: 7, shipping: 8 },
        tax: [1, 1].map((amount) => ({ name: "VAT", rate: 0.1, amount })),
      }),
      ["+customer:cust_1 900", "+sales 100", "shipping 800", "tax:VAT 200"],
    ],
    [
      "a credit note: against the refunds, not the sales",
      postingOf("billing.CreditNoteIssued", credited),
      ["+refunds 9000", "+shipping 1000", "+tax:VAT 1900", "customer:cust_1 11900"],
    ],
    [
      "a capture: this one, not the sum of all",
      postingOf("payments.PaymentCompleted", { ...captured, provider: "stripe" }),
      ["+clearing:stripe 5000", "customer:cust_1 5000"],
    ],
    [
      "a capture of before, when there was one provider",
      postingOf("payments.PaymentCompleted", captured),
      ["+clearing:test 5000", "customer:cust_1 5000"],
    ],
    [
      "a capture with gift cards and store credit",
      postingOf("payments.PaymentCompleted", { ...captured, provider: "test", tenders }),
      ["+clearing:test 4000", "+giftCards 600", "+storeCredit 400", "customer:cust_1 5000"],
    ],
    [
      "a capture that gift cards pay completely",
      postingOf("payments.PaymentCompleted", { ...captured, amount: 10, tenders }),
      ["+giftCards 600", "+storeCredit 400", "customer:cust_1 1000"],
    ],
    [
      "a refund: the reverse",
      postingOf("payments.PaymentRefunded", { ...refunded, tenders: tenders.slice(2), provider: "test" }),
      ["+customer:cust_1 2000", "clearing:test 1600", "storeCredit 400"],
    ],
    [
      "a refund that came back",
      postingOf("payments.PaymentRefundFailed", { ...about, amount: 20, totalRefunded: 0 }),
      ["+clearing:test 2000", "customer:cust_1 2000"],
    ],
    [
      "a dispute",
      postingOf("payments.DisputeOpened", { ...dispute, provider: "test", reason: "r" }),
      ["+chargebacks 700", "clearing:test 700"],
    ],
    [
      "a dispute that was won",
      postingOf("payments.DisputeClosed", { ...dispute, outcome: "won" }),
      ["+clearing:test 700", "chargebacks 700"],
    ],
    [
      "nothing for a dispute that was lost",
      postingOf("payments.DisputeClosed", { ...dispute, outcome: "lost" }),
      undefined,
    ],
    [
      "a gift card",
      postingOf("payments.GiftCardIssued", { giftCardId: "gift_1", amount: 25, ...usd }),
      ["+giftCardsIssued 2500", "giftCards 2500"],
    ],
    [
      "a gift card that is disabled",
      postingOf("payments.GiftCardDisabled", { giftCardId: "gift_1", amount: 5, ...usd }),
      ["+giftCards 500", "giftCardsEnded 500"],
    ],
    [
      "store credit",
      postingOf("payments.StoreCreditGranted", {
        ...{ storeCreditId: "credit_1", customerId: "cust_1", amount: 25, reason: "sorry", ...usd },
      }),
      ["+storeCreditGranted 2500", "storeCredit 2500"],
    ],
    [
      "a fee",
      postingOf("payments.ProviderFeeCharged", { provider: "stripe", movementId: "txn_1", amount: 1, ...usd }),
      ["+fees:stripe 100", "clearing:stripe 100"],
    ],
    [
      "a payout",
      postingOf("payments.ProviderPaidOut", { provider: "stripe", movementId: "txn_2", amount: 1, ...usd }),
      ["+bank 100", "clearing:stripe 100"],
    ],
    [
      "the sale of a seller: out of the shop's own sales",
      postingOf("sellers.SaleCredited", ofSeller),
      ["+sales 5000", "seller:seller_1 4400", "commission 600"],
    ],
    [
      "a part of it that went back",
      postingOf("sellers.SaleReversed", ofSeller),
      ["sales 5000", "+seller:seller_1 4400", "+commission 600"],
    ],
    [
      "a payout to a seller",
      postingOf("sellers.PayoutSent", {
        sellerId: "seller_1",
        payoutId: "payout_1",
        period: "now",
        amount: 44,
        ...usd,
      }),
      ["+seller:seller_1 4400", "bank 4400"],
    ],
    ["nothing for nothing", postingOf("payments.PaymentCompleted", { ...captured, amount: 0 }), undefined],
  ];
  test.each(cases)("%s", (_, posting, expected) => expect(said(posting)).toEqual(expected));

  test("refuses an invoice whose total is not its net and its taxes", () => {
    expect(() => postingOf("billing.InvoiceIssued", { ...booked, total: 118 })).toThrow("exceed credits by -100");
  });
});

const CURRENCIES = ["USD", "JPY", "KWD"];
const money = fc
  .record({
    currency: fc.constantFrom(...CURRENCIES),
    minors: fc.array(fc.nat({ max: 10 ** 9 }), { minLength: 5, maxLength: 5 }),
  })
  .map(({ currency, minors }) => ({ currency, amounts: minors.map((minor) => toMajor(minor, currency)), minors }));

/** Any event of each type, with amounts that fit together. */
const events = money.chain(({ currency, amounts, minors }): fc.Arbitrary<[PostedEvent, object]> => {
  const [amount = 0, shipping = 0, tax = 0, giftCard = 0, storeCredit = 0] = amounts;
  const sum = (...at: number[]) =>
    toMajor(
      at.reduce((all, index) => all + (minors[index] ?? 0), 0),
      currency,
    );
  const base = { ...of, currency };
  const invoice = {
    ...{ ...booked, currency, shipping, net: sum(0), total: sum(0, 2) },
    tax: [{ name: "any tax", rate: 0.2, amount: tax }],
  };
  const paid = {
    ...{ ...base, amount: sum(0, 3, 4), provider: "momo" },
    tenders: [
      { type: "giftCard", amount: giftCard },
      { type: "storeCredit", amount: storeCredit },
    ],
  };
  return fc.constantFrom<[PostedEvent, object]>(
    ["billing.InvoiceIssued", invoice],
    ["billing.CreditNoteIssued", { ...credited, ...invoice }],
    ["payments.PaymentCompleted", paid],
    ["payments.PaymentRefunded", paid],
    ["payments.PaymentRefundFailed", { ...base, amount }],
    ["payments.DisputeOpened", { ...base, amount }],
    ["payments.DisputeClosed", { ...base, amount, outcome: "won" }],
    ["payments.GiftCardIssued", { currency, amount }],
    ["payments.StoreCreditGranted", { ...base, amount }],
    ["payments.ProviderFeeCharged", { currency, amount, provider: "vnpay" }],
    ["payments.ProviderPaidOut", { currency, amount, provider: "paypal" }],
    ["sellers.SaleCredited", { sellerId: "s", currency, gross: sum(0, 2), commission: amount, net: tax }],
    ["sellers.PayoutSent", { sellerId: "s", currency, amount }],
  );
});

const post = ([name, data]: [PostedEvent, object]) => postingOf(name, data as EventData<PostedEvent>);
const balances = (postings: readonly (Posting | undefined)[]) => {
  const sums = new Map<string, number>();
  for (const { account, debitMinor, creditMinor } of postings.flatMap((posting) => posting?.lines ?? [])) {
    sums.set(account, (sums.get(account) ?? 0) + debitMinor - creditMinor);
  }
  return new Map([...sums].filter(([, minor]) => minor !== 0));
};

describe("every posting", () => {
  test("balances, has one line for an account, none of zero and none below", () => {
    fc.assert(
      fc.property(events, (event) => {
        const { lines = [] } = post(event) ?? {};
        expect(lines.reduce((sum, { debitMinor, creditMinor }) => sum + debitMinor - creditMinor, 0)).toBe(0);
        expect(new Set(lines.map(({ account }) => account)).size).toBe(lines.length);
        for (const { account, debitMinor, creditMinor } of lines) {
          expect([debitMinor >= 0, creditMinor >= 0, debitMinor > 0 !== creditMinor > 0]).toEqual([true, true, true]);
          expect(typeOf(account)).toBeDefined();
        }
      }),
    );
  });

  test("is taken back by its reverse", () => {
    fc.assert(
      fc.property(events, ([name, data]) => {
        const reverse: Partial<Record<PostedEvent, PostedEvent>> = {
          "payments.PaymentCompleted": "payments.PaymentRefunded",
          "payments.DisputeOpened": "payments.DisputeClosed",
          "sellers.SaleCredited": "sellers.SaleReversed",
        };
        fc.pre(reverse[name] !== undefined);
        const back = { ...data, outcome: "won" };
        expect(balances([post([name, data]), post([reverse[name] as PostedEvent, back])])).toEqual(new Map());
      }),
    );
  });

  test("of an order that is invoiced, paid, refunded and credited leaves its customer owing nothing", () => {
    fc.assert(
      fc.property(events, ([name, data]) => {
        fc.pre(name === "billing.InvoiceIssued");
        const { total, currency } = data as typeof booked;
        const paid = { ...of, currency, amount: total };
        const invoiced = balances([post([name, data]), post(["payments.PaymentCompleted", paid])]);
        expect(invoiced.has("customer:cust_1")).toBe(false);
        const all = balances([
          post([name, data]),
          post(["payments.PaymentCompleted", paid]),
          post(["payments.PaymentRefunded", paid]),
          post(["billing.CreditNoteIssued", { ...data, creditNoteId: "cn_1" }]),
        ]);
        expect([...all.keys()].filter((account) => account !== "sales" && account !== "refunds")).toEqual([]);
      }),
    );
  });
});

test("the chart knows which accounts are many, and refuses names that it does not have", () => {
  expect([isSubledger("customer:cust_1"), isSubledger("clearing:test"), isSubledger("bank")]).toEqual([
    true,
    false,
    false,
  ]);
  expect([typeOf("tax:VAT: reduced"), typeOf("fees:stripe")]).toEqual(["liability", "expense"]);
  expect(() => typeOf("petty cash")).toThrow("no account petty cash");
});
