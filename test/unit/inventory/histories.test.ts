import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyMessages, type Message, type Reservation } from "#services/logistics/inventory/domain/apply-messages.ts";
import { transitions } from "#services/logistics/inventory/domain/reservation.ts";
import { Stock, type StockRow } from "#services/logistics/inventory/domain/stock.ts";

/** A database in memory that commits whole plans, as `savePlan` does. */
class Warehouse {
  rows: StockRow[];
  readonly reservations = new Map<string, Reservation>();
  readonly facts: { orderId: string; type: string }[] = [];
  readonly moved = new Map<string, number>();
  readonly initial: Map<string, number>;

  constructor(rows: StockRow[]) {
    this.rows = rows;
    this.initial = new Map(rows.map((row) => [place(row), row.onHand]));
  }

  /** Applies a batch; with `crash`, its transaction is rolled back. */
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
const requestedLines = fc.array(
  fc.record({ sku: fc.constantFrom("a", "b"), quantity: fc.integer({ min: 1, max: 4 }) }),
  {
    minLength: 1,
    maxLength: 3,
  },
);
/** The lines of each order are fixed, because an event that is delivered twice has the same data. */
const orders = fc.tuple(requestedLines, requestedLines, requestedLines, requestedLines);
const kinds = fc.constantFrom("created", "created", "cancelled", "paid", "ended", "open");
const batches = fc.array(
  fc.record({
    crash: fc.boolean(),
    messages: fc.array(fc.record({ order: fc.nat(3), kind: kinds }), { minLength: 1, maxLength: 5 }),
  }),
  { maxLength: 12 },
);

function message(order: number, kind: Message["kind"], lines: readonly { sku: string; quantity: number }[]): Message {
  const orderId = ORDERS[order] ?? "";
  if (kind === "created") return { kind, orderId, lines };
  if (kind === "paid" || kind === "open") return { kind, orderId };
  return { kind, orderId, reason: "why not" };
}

describe("any history of orders", () => {
  test("keeps the invariants of stock, and emits each fact of an order once", () => {
    fc.assert(
      fc.property(shelves, orders, batches, (rows, lines, history) => {
        const warehouse = new Warehouse(rows);
        for (const { messages: batch, crash } of history) {
          const messages = batch.map(({ order, kind }) => message(order, kind, lines[order as 0]));
          if (crash) warehouse.apply(messages, true); // then it is delivered again
          warehouse.apply(messages);
          warehouse.check();
        }
        for (const orderId of ORDERS) {
          const types = warehouse.facts.filter((fact) => fact.orderId === orderId).map(({ type }) => type);
          expect(new Set(types).size).toBe(types.length);
          if (types.includes("committed") || types.includes("released")) expect(types).toContain("reserved");
          expect(types.includes("reserved") && types.includes("rejected")).toBe(false);
          const reservation = warehouse.reservations.get(orderId);
          if (reservation?.state !== "reserved" && reservation?.state !== "committed") continue;
          const index = ORDERS.indexOf(orderId) as 0;
          for (const sku of ["a", "b"]) {
            const sum = (all: readonly { sku: string; quantity: number }[]) =>
              all.filter((line) => line.sku === sku).reduce((total, { quantity }) => total + quantity, 0);
            expect(sum(reservation.lines)).toBe(sum(lines[index])); // all lines or none
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gives the same stock whether messages come in one batch or one by one", () => {
    fc.assert(
      fc.property(shelves, orders, batches, (rows, lines, history) => {
        const messages = history
          .flatMap(({ messages: batch }) => batch)
          .map(({ order, kind }) => message(order, kind, lines[order as 0]));
        const together = new Warehouse(rows);
        together.apply(messages);
        const apart = new Warehouse(rows);
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
        const warehouse = new Warehouse(rows);
        const cancel = (orderId: string): Message => ({ kind: "cancelled", orderId, reason: "changed my mind" });
        for (const orderId of cancelledFirst) warehouse.apply([cancel(orderId)]);
        ORDERS.forEach((_, order) => {
          warehouse.apply([message(order, "created", lines[order as 0])]);
        });
        warehouse.apply(ORDERS.map(cancel));
        expect(warehouse.rows).toEqual(rows);
        for (const orderId of cancelledFirst) expect(warehouse.reservations.get(orderId)?.state).toBe("tombstone");
      }),
    );
  });
});

describe("messages in an unusual order", () => {
  const rows: StockRow[] = [{ sku: "a", warehouseId: "wh_1", onHand: 5, reserved: 0 }];
  const created: Message = { kind: "created", orderId: "ord_1", lines: [{ sku: "a", quantity: 2 }] };

  test("a payment before its order commits the pieces as soon as the order arrives", () => {
    const warehouse = new Warehouse(rows);
    warehouse.apply([{ kind: "paid", orderId: "ord_1" }]);
    expect(warehouse.reservations.get("ord_1")?.state).toBe("prepaid");
    warehouse.apply([created]);
    expect(warehouse.rows).toEqual([{ sku: "a", warehouseId: "wh_1", onHand: 3, reserved: 0 }]);
    expect(warehouse.facts.map(({ type }) => type)).toEqual(["reserved", "committed"]);
  });

  test("the pieces of a paid order that is cancelled go back into stock", () => {
    const warehouse = new Warehouse(rows);
    warehouse.apply([created, { kind: "paid", orderId: "ord_1" }]);
    expect(warehouse.rows[0]?.onHand).toBe(3);
    warehouse.apply([{ kind: "cancelled", orderId: "ord_1", reason: "returned" }]);
    expect(warehouse.rows).toEqual(rows);
  });

  test("an expired reservation is released when its order has ended, and kept while it is open", () => {
    const warehouse = new Warehouse(rows);
    warehouse.apply([created, { kind: "open", orderId: "ord_1" }]);
    expect(warehouse.reservations.get("ord_1")?.state).toBe("reserved");
    warehouse.apply([{ kind: "ended", orderId: "ord_1", reason: "expired" }]);
    expect(warehouse.reservations.get("ord_1")).toMatchObject({ state: "released", reason: "expired" });
    expect(warehouse.rows).toEqual(rows);
  });

  test("every state can be reached", () => {
    const reached = new Map<string, string>([["none", ""]]);
    const allKinds = ["created", "cancelled", "paid", "ended", "open"] as const;
    for (const quantity of [2, 9]) {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...allKinds), { maxLength: 4 }), (history) => {
          const warehouse = new Warehouse(rows);
          for (const kind of history) {
            warehouse.apply([message(0, kind, [{ sku: "a", quantity }])]);
            reached.set(warehouse.reservations.get("ord_1")?.state ?? "none", history.join());
          }
        }),
      );
    }
    expect([...reached.keys()].toSorted()).toEqual(Object.keys(transitions).toSorted());
  });
});
