import { expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { ledgerFixture, newOrder } from "./ledger-fixture.ts";

test("two nodes post every event once, and one of them takes over what the other had", async () => {
  const nats = await natsServer();
  const one = await ledgerFixture({ nats: nats.url });
  const two = await ledgerFixture({ nats: nats.url, namespace: one.namespace });
  try {
    const orders = Array.from({ length: 60 }, newOrder);
    const buy = (from: number, to: number) =>
      Promise.all(orders.slice(from, to).map((order) => one.captured(order, 10)));
    await buy(0, 30);
    await eventually(async () => expect(await one.count()).toBe(30), 20_000);
    const leaving = two.stop();
    await buy(30, 60);
    await leaving;
    await eventually(async () => expect(await one.count()).toBe(60), 20_000);
    await one.sum();
    expect(await one.trial()).toEqual({
      debit: 600,
      credit: 600,
      accounts: { "clearing:test": 600, "customer:*": -600 },
    });
  } finally {
    await two.stop();
    await one.stop();
    await nats.stop();
  }
});
