import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isDomainError } from "#lib/contract/errors.ts";
import { cartLimits } from "#services/commerce/carts/contract.ts";
import { type Checkout, CheckoutModel } from "./checkout-model.ts";

const RUNS = 300;
const A_WHILE_MS = cartLimits.CHECKOUT_SECONDS * 1_000 + 1;

type Event = { kind: "edit" | "cancel" | "wait" | "deliver" } | ({ kind: "checkout" } & Checkout);

const checkout = fc.record({
  kind: fc.constant("checkout" as const),
  address: fc.constantFrom("1 Market Street", "2 Market Street"),
  refused: fc.boolean(),
  diesAtCall: fc.constantFrom(0, 1, 2, 3, 99, 99, 99, 99),
  placedLate: fc.boolean(),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: checkout },
  { weight: 3, arbitrary: fc.constant({ kind: "edit" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "wait" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("cancel" as const, "deliver" as const) }) },
);
/** Groups of events: those of one group happen at the same time. */
const history = fc.array(fc.array(event, { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 3 });

const refusals = [
  "CART_CHECKED_OUT",
  "CART_EMPTY",
  "CHECKOUT_IN_PROGRESS",
  "CONFLICT",
  "PRICE_CHANGED",
  "SERVICE_UNAVAILABLE",
];

/** Passes over the failures that a client can meet. */
async function tolerated(request: Promise<unknown>): Promise<void> {
  await request.catch((error: unknown) => {
    if (isDomainError(error) && refusals.includes(error.type)) return;
    if (error instanceof Error && error.message === "The node has died.") return;
    throw error;
  });
}

test("whatever happens at the same time, an order has exactly the changes that were confirmed, and lives alone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), history, fc.boolean(), async (scheduler, groups, durable) => {
      const model = new CheckoutModel(() => scheduler.schedule(Promise.resolve()), durable);
      await model.create();
      await scheduler.waitFor(model.edit("first"));
      const check = () => {
        const alive = model.alive();
        expect(alive.length).toBeLessThanOrEqual(1);
        for (const { skus } of alive) expect(skus.toSorted()).toEqual(model.acknowledged.toSorted());
      };
      let edits = 0;
      const happen = async (what: Event): Promise<void> => {
        await scheduler.schedule(Promise.resolve());
        if (what.kind === "edit") await tolerated(model.edit(`sku-${edits++}`));
        else if (what.kind === "checkout") await tolerated(model.checkOut(what));
        else if (what.kind === "cancel") for (const order of model.alive()) model.cancel(order);
        else if (what.kind === "deliver") await model.deliver();
        else model.now += A_WHILE_MS;
      };
      for (const group of groups) await scheduler.waitFor(Promise.all(group.map(happen)));
      await scheduler.waitFor(model.deliver());
      check();

      // However it went, the customer gets further: an unbought cart can be changed, and then bought.
      for (const order of model.alive()) {
        await expect(scheduler.waitFor(model.edit("too late"))).rejects.toMatchObject({ type: "CART_CHECKED_OUT" });
        model.cancel(order);
      }
      model.now += A_WHILE_MS;
      await scheduler.waitFor(model.edit("last"));
      await scheduler.waitFor(
        model.checkOut({ address: "3 Market Street", refused: false, diesAtCall: 99, placedLate: false }),
      );
      expect(model.alive()).toHaveLength(1);
      check();
    }),
    { numRuns: RUNS },
  );
});

test("a cart that the store loses at any time is never bought twice, and can be filled and bought when it was not", async () => {
  const losing = fc.oneof(
    { weight: 4, arbitrary: event },
    { weight: 1, arbitrary: fc.constant({ kind: "lose" as const }) },
  );
  const losses = fc.array(fc.array(losing, { minLength: 1, maxLength: 7 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), losses, fc.boolean(), async (scheduler, groups, durable) => {
      const model = new CheckoutModel(() => scheduler.schedule(Promise.resolve()), durable);
      await model.create();
      await scheduler.waitFor(model.edit("first"));
      let edits = 0;
      const happen = async (what: Event | { kind: "lose" }): Promise<void> => {
        await scheduler.schedule(Promise.resolve());
        if (what.kind === "edit") await tolerated(model.edit(`sku-${edits++}`));
        else if (what.kind === "checkout") await tolerated(model.checkOut(what));
        else if (what.kind === "cancel") for (const order of model.alive()) model.cancel(order);
        else if (what.kind === "deliver") await model.deliver();
        else if (what.kind === "lose") model.lose();
        else model.now += A_WHILE_MS;
      };
      for (const group of groups) {
        await scheduler.waitFor(Promise.all(group.map(happen)));
        expect(model.alive().length).toBeLessThanOrEqual(1);
      }
      await scheduler.waitFor(model.deliver());
      const bought = model.alive();
      expect(bought.length).toBeLessThanOrEqual(1);

      // The customer has the id of the cart and fills it again: it becomes no second order, and a first one if there is none.
      model.lose();
      model.now += A_WHILE_MS;
      await scheduler.waitFor(model.edit("again"));
      const plan = { address: "3 Market Street", refused: false, diesAtCall: 99, placedLate: false };
      const checkedOut = scheduler.waitFor(model.checkOut(plan));
      if (bought.length === 0) await checkedOut;
      else await expect(checkedOut).rejects.toMatchObject({ type: "CART_CHECKED_OUT" });
      expect(model.alive()).toHaveLength(1);
    }),
    { numRuns: RUNS },
  );
});
