import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyMessages, type Message, type Reservation } from "#services/logistics/inventory/domain/apply-messages.ts";
import { transitions } from "#services/logistics/inventory/domain/reservation.ts";
import { Stock, type StockRow } from "#services/logistics/inventory/domain/stock.ts";

/** A database that commits plans whole, as savePlan does. */
class World {
  rows: StockRow[];
  readonly reservations = new Map<string, Reservation>();
  readonly facts: { orderId: string; type: string }[] = [];
  readonly moved = new Map<string, number>();
  readonly initial: Map<string, number>;

  constructor(rows: StockRow[]) {
    this.rows = rows;
    this.initial = new Map(rows.map((row) => [place(row), row.onHand]));
  }

  /** Applies a batch; `crash` is a transaction that was rolled back. */
  apply(messages: readonly Message[], crash = false): void {
    const stock = new Stock(this.rows);
    const ids = new Set(messages.map(({ orderId }) => orderId));
    const known = [...this.reservations.values()].filter(({ orderId }) => ids.has(orderId));
    const plan = applyMessages(stock, known, messages);
    if (crash) return;
    for (const change of stock.changes()) {
      this.rows = this.rows.map((row) =>
        place(row) === place(change)
          ? { ...row, onHand: row.onHand + change.onHand, reserved: row.reserved + change.reserved }
          : row,
      );
    }
    for (const reservation of plan.opened) {
      expect(this.reservations.has(reservation.orderId)).toBe(false);
      this.reservations.set(reservation.orderId, reservation);
    }
    for (const reservation of plan.changed) this.reservations.set(reservation.orderId, reservation);
    for (const { reference, kind, sku, warehouseId, delta } of plan.movements) {
      const key = `${reference}/${kind}/${sku}/${warehouseId}`;
      expect(this.moved.has(key)).toBe(false); // the ledger's primary key
      this.moved.set(key, delta);
    }
    this.facts.push(...plan.facts.map(({ fact }) => fact));
  }

  check(): void {
    for (const row of this.rows) {
      expect(row.onHand).toBeGreaterThanOrEqual(0);
      expect(row.reserved).toBeGreaterThanOrEqual(0);
      expect(row.reserved).toBeLessThanOrEqual(row.onHand);
      const held = [...this.reservations.values()]
        .filter(({ state }) => state === "reserved")
        .flatMap(({ lines }) => lines)
        .filter((line) => place(line) === place(row))
        .reduce((sum, { quantity }) => sum + quantity, 0);
      expect(row.reserved).toBe(held);
      const moved = [...this.moved]
        .filter(([key]) => key.endsWith(`/${place(row)}`))
        .reduce((sum, [, delta]) => sum + delta, 0);
      expect(row.onHand).toBe((this.initial.get(place(row)) ?? 0) + moved);
    }
  }
}

const place = ({ sku, warehouseId }: { sku: string; warehouseId: string }) => `${sku}/${warehouseId}`;

const shelves = fc.record({ a1: fc.nat(6), a2: fc.nat(6), b1: fc.nat(6) }).map(({ a1, a2, b1 }): StockRow[] => [
  { sku: "a", warehouseId: "wh_1", onHand: a1, reserved: 0 },
  { sku: "a", warehouseId: "wh_2", onHand: a2, reserved: 0 },
  { sku: "b", warehouseId: "wh_1", onHand: b1, reserved: 0 },
]);

const ORDERS = ["ord_1", "ord_2", "ord_3", "ord_4"];
const wanted = fc.array(fc.record({ sku: fc.constantFrom("a", "b"), quantity: fc.integer({ min: 1, max: 4 }) }), {
  minLength: 1,
  maxLength: 3,
});
/** One fixed order for each id: what is said twice is said in the same words. */
const orders = fc.tuple(wanted, wanted, wanted, wanted);
const kinds = fc.constantFrom("created", "created", "cancelled", "paid", "abandoned", "wanted");
const batches = fc.array(
  fc.record({
    crash: fc.boolean(),
    news: fc.array(fc.record({ order: fc.nat(3), kind: kinds }), { minLength: 1, maxLength: 5 }),
  }),
  { maxLength: 12 },
);

function message(order: number, kind: Message["kind"], lines: readonly { sku: string; quantity: number }[]): Message {
  const orderId = ORDERS[order] ?? "";
  if (kind === "created") return { kind, orderId, lines };
  if (kind === "paid" || kind === "wanted") return { kind, orderId };
  return { kind, orderId, reason: "why not" };
}

describe("any history of orders", () => {
  test("keeps the laws of stock, and tells each order's story once", () => {
    fc.assert(
      fc.property(shelves, orders, batches, (rows, lines, history) => {
        const world = new World(rows);
        for (const { news, crash } of history) {
          const messages = news.map(({ order, kind }) => message(order, kind, lines[order as 0]));
          if (crash) world.apply(messages, true); // then it is delivered again
          world.apply(messages);
          world.check();
        }
        for (const orderId of ORDERS) {
          const told = world.facts.filter((fact) => fact.orderId === orderId).map(({ type }) => type);
          expect(new Set(told).size).toBe(told.length);
          if (told.includes("committed") || told.includes("released")) expect(told).toContain("reserved");
          expect(told.includes("reserved") && told.includes("rejected")).toBe(false);
          const reservation = world.reservations.get(orderId);
          if (reservation?.state !== "reserved" && reservation?.state !== "committed") continue;
          const index = ORDERS.indexOf(orderId) as 0;
          for (const sku of ["a", "b"]) {
            const sum = (all: readonly { sku: string; quantity: number }[]) =>
              all.filter((line) => line.sku === sku).reduce((total, { quantity }) => total + quantity, 0);
            expect(sum(reservation.lines)).toBe(sum(lines[index])); // all of it or nothing
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gives the same stock whether it comes in one batch or one by one", () => {
    fc.assert(
      fc.property(shelves, orders, batches, (rows, lines, history) => {
        const messages = history
          .flatMap(({ news }) => news)
          .map(({ order, kind }) => message(order, kind, lines[order as 0]));
        const together = new World(rows);
        together.apply(messages);
        const apart = new World(rows);
        for (const one of messages) apart.apply([one]);
        expect(together.rows).toEqual(apart.rows);
        expect(together.facts).toEqual(apart.facts);
        expect([...together.reservations].toSorted()).toEqual([...apart.reservations].toSorted());
      }),
    );
  });

  test("gives all stock back when every order is cancelled before it is paid", () => {
    fc.assert(
      fc.property(shelves, orders, fc.shuffledSubarray(ORDERS), (rows, lines, cancelledFirst) => {
        const world = new World(rows);
        const cancel = (orderId: string): Message => ({ kind: "cancelled", orderId, reason: "changed my mind" });
        for (const orderId of cancelledFirst) world.apply([cancel(orderId)]);
        ORDERS.forEach((_, order) => {
          world.apply([message(order, "created", lines[order as 0])]);
        });
        world.apply(ORDERS.map(cancel));
        expect(world.rows).toEqual(rows);
        for (const orderId of cancelledFirst) expect(world.reservations.get(orderId)?.state).toBe("tombstone");
      }),
    );
  });
});

describe("crossed news", () => {
  const rows: StockRow[] = [{ sku: "a", warehouseId: "wh_1", onHand: 5, reserved: 0 }];
  const created: Message = { kind: "created", orderId: "ord_1", lines: [{ sku: "a", quantity: 2 }] };

  test("a payment before its order takes the pieces as soon as they are known", () => {
    const world = new World(rows);
    world.apply([{ kind: "paid", orderId: "ord_1" }]);
    expect(world.reservations.get("ord_1")?.state).toBe("prepaid");
    world.apply([created]);
    expect(world.rows).toEqual([{ sku: "a", warehouseId: "wh_1", onHand: 3, reserved: 0 }]);
    expect(world.facts.map(({ type }) => type)).toEqual(["reserved", "committed"]);
  });

  test("a paid order that is cancelled is put back on its shelf", () => {
    const world = new World(rows);
    world.apply([created, { kind: "paid", orderId: "ord_1" }]);
    expect(world.rows[0]?.onHand).toBe(3);
    world.apply([{ kind: "cancelled", orderId: "ord_1", reason: "returned" }]);
    expect(world.rows).toEqual(rows);
  });

  test("an expired reservation is given up for a dead order, kept for a living one", () => {
    const world = new World(rows);
    world.apply([created, { kind: "wanted", orderId: "ord_1" }]);
    expect(world.reservations.get("ord_1")?.state).toBe("reserved");
    world.apply([{ kind: "abandoned", orderId: "ord_1", reason: "expired" }]);
    expect(world.reservations.get("ord_1")).toMatchObject({ state: "released", reason: "expired" });
    expect(world.rows).toEqual(rows);
  });

  test("every state can be reached", () => {
    const reached = new Map<string, string>([["none", ""]]);
    const kindsOfNews = ["created", "cancelled", "paid", "abandoned", "wanted"] as const;
    for (const quantity of [2, 9]) {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...kindsOfNews), { maxLength: 4 }), (history) => {
          const world = new World(rows);
          for (const kind of history) {
            world.apply([message(0, kind, [{ sku: "a", quantity }])]);
            reached.set(world.reservations.get("ord_1")?.state ?? "none", history.join());
          }
        }),
      );
    }
    expect([...reached.keys()].toSorted()).toEqual(Object.keys(transitions).toSorted());
  });
});
