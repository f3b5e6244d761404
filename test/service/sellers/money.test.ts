import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { PayoutProvider, Transfer } from "#services/product/sellers/providers/payout-provider.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, SERVICE, staff } from "#test/support/identities.ts";
import { CLERK, id, type Sellers, startSellers } from "./sellers-fixture.ts";

/** Sends nothing, and remembers by the key what it was asked to send. It answers as the test says. */
class Bank implements PayoutProvider {
  readonly transfers = new Map<string, Transfer>();
  calls = 0;
  answer: (call: number) => "sent" | "refused" | "lost" = () => "sent";

  async send(transfer: Transfer) {
    this.calls += 1;
    const answer = this.answer(this.calls);
    if (answer === "refused") return { kind: "refused" as const, reason: "The account is closed." };
    this.transfers.set(transfer.key, transfer);
    if (answer === "lost") throw new Error("The answer was lost.");
    return { kind: "sent" as const, reference: `bank_${transfer.key}` };
  }
}

const bank = new Bank();
const ACCOUNTANT = staff("ledger:read");
let sellers: Sellers;
beforeAll(async () => {
  sellers = await startSellers({ payouts: () => bank });
  const rule = { percent: 10, minimum: 0.5, currency: "USD" };
  await sellers.call(CLERK, "sellers.setCommission", rule);
  await sellers.call(CLERK, "sellers.setCommission", { category: "kitchen", percent: 5 });
  await sellers.categorised("PAN", ["kitchen"]);
  await eventually(async () => expect(await sellers.db.query("SELECT FROM sku_category")).toHaveLength(1));
}, 60_000);
afterAll(() => sellers?.stop());

type Seller = Awaited<ReturnType<Sellers["approved"]>>;
const balance = ({ sellerId, owner }: Seller) => sellers.call(owner, "sellers.balance", { sellerId });
const balanceIs = (seller: Seller, pending: number, available: number) =>
  eventually(async () => expect(await balance(seller)).toMatchObject({ pending, available }));
const payoutsOf = async ({ sellerId, owner }: Seller) =>
  (await sellers.call(owner, "sellers.payouts", { sellerId })).payouts;
/** What the books say that the shop owes a seller. */
const owed = async ({ sellerId }: Seller) => {
  const account = `seller:${sellerId}`;
  const { closing } = await sellers.call(ACCOUNTANT, "ledger.statement", { account, currency: "USD" });
  return closing;
};

/** An order of 100 with a pan for 60 and a mug for 30 of a seller, and a mug of the shop. */
async function sale({ sellerId }: Seller): Promise<string> {
  const orderId = id("ord");
  await sellers.reserve(orderId, [{ sellerId, sku: "PAN", quantity: 2 }]);
  await sellers.ordered(orderId, 100, [
    { sku: "PAN", sellerId, quantity: 2, price: 32.5, discount: 5 },
    { sku: "MUG", sellerId, price: 30 },
    { sku: "MUG", price: 10 },
  ]);
  return orderId;
}

async function offering(): Promise<Seller> {
  const seller = await sellers.approved();
  await sellers.offer(seller, "PAN", { price: 32.5, stock: 100 });
  return seller;
}

describe("a sale", () => {
  test("is credited once when it is paid, less the commission of each line, and reversed in its share", async () => {
    const seller = await offering();
    const orderId = await sale(seller);
    expect(await balance(seller)).toMatchObject({ pending: 0, available: 0 });
    for (const _ of [1, 2]) await sellers.paid(orderId);
    await balanceIs(seller, 84, 0); // 60 less 5 %, and 30 less 10 %
    await sellers.refunded(orderId, 25);
    await balanceIs(seller, 63, 0);
    await sellers.letHoldsEnd();
    await balanceIs(seller, 0, 63);
    // A refund of all that is told before and after a part of it.
    for (const amount of [100, 40, 100]) await sellers.refunded(orderId, amount);
    await balanceIs(seller, 0, 0);
    expect(await sellers.published(seller.sellerId)).toEqual([
      { type: "SellerApproved", by: "check" },
      { type: "SaleCredited", currency: "USD", gross: 90, commission: 6, net: 84 },
      { type: "SaleReversed", currency: "USD", gross: 22.5, commission: 1.5, net: 21 },
      { type: "SaleReversed", currency: "USD", gross: 67.5, commission: 4.5, net: 63 },
    ]);
  });

  test("that is refunded before it is known to be paid is booked the same", async () => {
    const seller = await offering();
    const orderId = await sale(seller);
    await sellers.refunded(orderId, 50);
    await sellers.paid(orderId);
    await balanceIs(seller, 42, 0);
  });

  test("of an order that is never paid brings nothing", async () => {
    const seller = await offering();
    const orderId = await sale(seller);
    await sellers.cancelled(orderId);
    await eventually(async () =>
      expect(await sellers.stockOf(seller.sellerId, "PAN")).toEqual({ stock: 100, reserved: 0 }),
    );
    expect(await balance(seller)).toMatchObject({ pending: 0, available: 0 });
  });
});

describe("a payout", () => {
  test("is made once in a period, of what is available, and is in the books", async () => {
    const seller = await offering();
    const orderId = await sale(seller);
    await sellers.paid(orderId);
    await balanceIs(seller, 84, 0);
    await sellers.payOut();
    expect(await payoutsOf(seller)).toEqual([]); // the hold is not over
    await sellers.letHoldsEnd();
    const first = bank.calls + 1;
    bank.answer = (call) => (call === first ? "lost" : "sent"); // then the same transfer is asked for again
    await sellers.payOut(3);
    await eventually(async () => expect(await payoutsOf(seller)).toMatchObject([{ status: "sent", amount: 84 }]));
    const sent = [...bank.transfers.values()].filter(({ amountMinor }) => amountMinor === 8_400);
    expect(sent).toMatchObject([{ iban: "DK5000400440116243", name: "Nordic Wood", currency: "USD" }]);
    await balanceIs(seller, 0, 0);
    await eventually(async () => expect(await owed(seller)).toMatchObject({ credit: 0, debit: 0 }));
    await sellers.payOut();
    expect(await payoutsOf(seller)).toHaveLength(1);
    // A refund after the payout makes the seller owe the shop something, which the next sale pays.
    await sellers.refunded(orderId, 100);
    await balanceIs(seller, 0, -84);
    await eventually(async () => expect(await owed(seller)).toMatchObject({ credit: 0, debit: 84 }));
    await sellers.payOut();
    expect(await payoutsOf(seller)).toHaveLength(1);
  }, 30_000);

  test("that the bank refuses is in the balance again, and is made in the next period", async () => {
    const seller = await offering();
    bank.answer = () => "refused";
    await sellers.paid(await sale(seller));
    await balanceIs(seller, 84, 0);
    await sellers.letHoldsEnd();
    await sellers.payOut();
    await eventually(async () =>
      expect(await payoutsOf(seller)).toMatchObject([{ status: "failed", reason: "The account is closed." }]),
    );
    await balanceIs(seller, 0, 84);
    bank.answer = () => "sent";
    await sellers.payOut();
    await eventually(async () => expect((await payoutsOf(seller))[0]).toMatchObject({ status: "sent" }));
    await balanceIs(seller, 0, 0);
    expect((await sellers.published(seller.sellerId)).slice(2)).toEqual([
      { type: "PayoutFailed", currency: "USD", amount: 84, reason: "The account is closed." },
      { type: "PayoutSent", currency: "USD", amount: 84 },
    ]);
  });

  test("waits while the seller is suspended, and while it is below the minimum", async () => {
    const [seller, small] = [await offering(), await offering()];
    await sellers.paid(await sale(seller));
    const orderId = id("ord");
    await sellers.ordered(orderId, 10, [{ sku: "MUG", sellerId: small.sellerId, price: 10 }]);
    await sellers.paid(orderId);
    await balanceIs(seller, 84, 0);
    await balanceIs(small, 9, 0);
    await sellers.letHoldsEnd();
    await sellers.call(CLERK, "sellers.suspend", { sellerId: seller.sellerId, reason: "complaints" });
    await sellers.payOut();
    expect([await payoutsOf(seller), await payoutsOf(small)]).toEqual([[], []]);
    await sellers.call(CLERK, "sellers.reinstate", { sellerId: seller.sellerId });
    await sellers.payOut();
    await eventually(async () => expect(await payoutsOf(seller)).toMatchObject([{ status: "sent" }]));
  });
});

test("a statement explains the balance, also as CSV", async () => {
  const seller = await offering();
  const orderId = await sale(seller);
  await sellers.paid(orderId);
  await balanceIs(seller, 84, 0);
  await sellers.refunded(orderId, 50);
  await balanceIs(seller, 42, 0);
  const period = new Date().toISOString().slice(0, 7);
  const asked = { sellerId: seller.sellerId, period };
  await expect(sellers.call(customer("cust_x"), "sellers.statement", asked)).rejects.toMatchObject({
    type: "NOT_FOUND",
  });
  const statement = await sellers.call(seller.owner, "sellers.statement", asked);
  expect(statement).toMatchObject({
    ...{ opening: 0, closing: 42, totals: { gross: 45, commission: 3, net: 42, paidOut: 0 } },
    lines: [
      { kind: "sale", orderId, gross: 90, commission: 6, net: 84 },
      { kind: "refund", orderId, gross: -45, commission: -3, net: -42 },
    ],
  });
  const { base64 } = await sellers.call(SERVICE, "sellers.statementAsCsv", statement);
  const rows = Buffer.from(base64, "base64").toString().trim().split("\n");
  expect(rows[0]).toBe("at,kind,orderId,payoutId,gross,commission,net,currency");
  expect(rows.slice(1).map((row) => row.split(",").slice(4, 7))).toEqual([
    ["", "", "0.00"],
    ["90.00", "6.00", "84.00"],
    ["-45.00", "-3.00", "-42.00"],
    ["45.00", "3.00", "42.00"],
  ]);
});

test("rules of commission are listed and removed", async () => {
  const rule = { sellerId: "seller_x", category: "toys", percent: 12.25 };
  await sellers.call(CLERK, "sellers.setCommission", rule);
  expect((await sellers.call(CLERK, "sellers.commissions", {})).rules).toContainEqual(rule);
  const key = { sellerId: "seller_x", category: "toys" };
  await sellers.call(CLERK, "sellers.deleteCommission", key);
  await expect(sellers.call(CLERK, "sellers.deleteCommission", key)).rejects.toMatchObject({ type: "NOT_FOUND" });
  await expect(sellers.call(CLERK, "sellers.setCommission", { percent: 1, minimum: 1 })).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
  });
});
