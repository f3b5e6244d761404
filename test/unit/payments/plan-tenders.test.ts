import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type NamedCard, planTenders } from "#services/commerce/payments/domain/plan-tenders.ts";
import { availableMinor, type StoredValue } from "#services/commerce/payments/domain/stored-value.ts";

const balances = fc.tuple(fc.nat(100), fc.nat(100), fc.boolean()).map(([balanceMinor, reserved, isDisabled]) => ({
  balanceMinor,
  reservedMinor: Math.min(balanceMinor, reserved),
  isDisabled,
}));

const card: fc.Arbitrary<NamedCard | undefined> = fc.option(
  fc.record({ id: fc.nat(3), currency: fc.constantFrom("USD", "USD", "EUR"), balance: balances }).map(
    ({ id, currency, balance }): NamedCard => ({
      ...{ accountId: `gift_${id}`, kind: "giftCard", currency, last4: "WXNE" },
      ...balance,
    }),
  ),
  { nil: undefined, freq: 5 },
);
const credit = fc.option(
  balances.map(
    (balance): StoredValue => ({ accountId: "cust_1:USD", kind: "storeCredit", currency: "USD", ...balance }),
  ),
  { nil: undefined },
);

test("a plan spends no more than the total and than what each account has, and names every code that it cannot use", () => {
  fc.assert(
    fc.property(
      fc.array(card, { maxLength: 4 }),
      credit,
      fc.boolean(),
      fc.nat(300),
      (cards, account, useCredit, totalMinor) => {
        const { tenders, problems } = planTenders(cards, account, { currency: "USD", totalMinor, useCredit });
        const spent = tenders.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
        expect(spent).toBeLessThanOrEqual(totalMinor);
        const wrong = new Set(problems.map(({ index }) => index));
        for (const [index, named] of cards.entries()) {
          const isFirst = cards.findIndex((other) => other?.accountId === named?.accountId) === index;
          const isUsable = named && isFirst && named.currency === "USD" && availableMinor(named) > 0;
          expect([index, wrong.has(index)]).toEqual([index, !isUsable]);
        }
        const cardTenders = tenders.filter((tender) => tender.type === "giftCard");
        const firsts = cards.filter(
          (named, i) => named && cards.findIndex((o) => o?.accountId === named.accountId) === i,
        );
        expect(cardTenders.map(({ giftCardId }) => giftCardId)).toEqual(firsts.map((named) => named?.accountId));
        let left = totalMinor;
        for (const [i, { amountMinor }] of tenders.entries()) {
          const named = firsts[i];
          const isWrong = named ? wrong.has(cards.indexOf(named)) : false;
          const has = named ? (isWrong ? 0 : availableMinor(named)) : account ? availableMinor(account) : 0;
          expect(amountMinor).toBe(Math.min(left, has));
          left -= amountMinor;
        }
        expect(tenders.some(({ type }) => type === "storeCredit")).toBe(useCredit);
      },
    ),
    { numRuns: 1_000 },
  );
});
