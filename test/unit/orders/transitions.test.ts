import { describe, expect, test } from "@jest/globals";
import { type OrderStatus, orderStatuses } from "#services/commerce/orders/domain/order.ts";
import { deadlineMinutes, type Rule, transitions } from "#services/commerce/orders/domain/transitions.ts";
import { inputKinds } from "./order-examples.ts";

const edges = (from: OrderStatus): OrderStatus[] =>
  Object.values(transitions[from]).flatMap((rule: Rule) =>
    rule.does === "move" ? [rule.through[0], rule.otherwise?.[0]].filter((to) => to !== undefined) : [],
  );

describe("the table of transitions", () => {
  test("has a rule for every pair of state and input", () => {
    for (const status of orderStatuses) {
      expect(Object.keys(transitions[status]).sort()).toEqual([...inputKinds].sort());
    }
    expect(Object.keys(transitions).sort()).toEqual([...orderStatuses].sort());
  });

  test("reaches every state from a new order", () => {
    const reached = new Set<OrderStatus>(["pending_payment"]);
    for (const status of reached) for (const to of edges(status)) reached.add(to);
    expect([...reached].sort()).toEqual([...orderStatuses].sort());
  });

  test("allows exactly these transitions", () => {
    const found = new Set<string>();
    for (const status of orderStatuses) {
      for (const rule of Object.values(transitions[status]) as Rule[]) {
        if (rule.does !== "move") continue;
        for (const path of [rule.through, rule.otherwise ?? []]) {
          for (const [i, to] of path.entries()) found.add(`${path[i - 1] ?? status} > ${to}`);
        }
      }
    }
    expect([...found].sort()).toEqual([
      "confirmed > cancelled",
      "confirmed > paid",
      "confirmed > processing",
      "delivered > refunded",
      "paid > cancelled",
      "paid > processing",
      "paid > refunded",
      "pending_payment > cancelled",
      "pending_payment > confirmed",
      "processing > cancelled",
      "processing > refunded",
      "processing > shipped",
      "shipped > delivered",
      "shipped > refunded",
    ]);
  });

  test("never leaves a final state other than delivered", () => {
    expect(edges("cancelled")).toEqual([]);
    expect(edges("refunded")).toEqual([]);
  });

  test("sets a deadline in every state that is not final, with a rule for its passing", () => {
    for (const status of orderStatuses) {
      const { does } = transitions[status].DeadlinePassed;
      if (deadlineMinutes[status] === null) expect({ status, does }).toEqual({ status, does: "ignore" });
      else expect(["move", "extend"]).toContain(does);
    }
    expect(orderStatuses.filter((status) => deadlineMinutes[status] === null)).toEqual([
      "delivered",
      "cancelled",
      "refunded",
    ]);
  });
});
