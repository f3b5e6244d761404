import { toMinor } from "#lib/contract/money.ts";
import type { Suspect } from "./invariant.ts";
import type { StoredEntry } from "./journal.ts";

/** What an answer with status 2xx promises to the client. */
export type Promised =
  | { kind: "order"; orderId: string; totalMinor: number; request?: string }
  | { kind: "cancelled"; orderId: string }
  /** `once` identifies the movement of money, so that an answer that was replayed counts once. */
  | { kind: "captured" | "refunded"; paymentId: string; minor: number; once: string }
  | { kind: "customer"; customerId: string };

/** @returns undefined for an answer that promises nothing that is checked */
export function promiseOf(line: StoredEntry, place: number): Promised | undefined {
  const { method, status, body = {}, client, key } = line;
  if (method !== "POST" || status < 200 || status > 299) return undefined;
  const path = line.path.replace(/^\/api\/v\d+/, "").replace(/\?.*$/, "");
  const [, things, id, verb] = path.split("/");
  const request = key === undefined ? {} : { request: `${client} ${path} ${key}` };
  const minor = (amount: number | undefined) => toMinor(amount ?? Number.NaN, body.currency ?? "");
  if (path === "/orders" || path === "/checkout") {
    return { kind: "order", orderId: body.orderId ?? "", totalMinor: minor(body.totalAmount), ...request };
  }
  if (path === "/customers") return { kind: "customer", customerId: body.customerId ?? "" };
  if (things === "orders" && id && verb === "cancel") return { kind: "cancelled", orderId: id };
  if (things === "payments" && id && verb === "capture") {
    return { kind: "captured", paymentId: id, minor: minor(body.capturedAmount), once: request.request ?? `${place}` };
  }
  if (things === "payments" && id && verb === "refund") {
    return { kind: "refunded", paymentId: id, minor: minor(body.refundedAmount), once: body.refundId ?? `${place}` };
  }
  return undefined;
}

/** All promises of a journal, merged. */
export class Promises {
  readonly totals = new Map<string, number>();
  readonly cancelled = new Set<string>();
  readonly customers = new Set<string>();
  readonly moved = new Map<string, { captured: number; refunded: number }>();
  /** Requests and the order each was answered with. */
  readonly answers = new Map<string, string>();
  /** Orders that were answered with two different totals. */
  readonly twoTotals: Suspect[] = [];
  /** Requests that were answered with two orders. */
  readonly twoOrders: Suspect[] = [];
  readonly #once = new Set<string>();

  add(promise: Promised): void {
    switch (promise.kind) {
      case "order":
        recordOnce(this.totals, promise.orderId, promise.totalMinor, this.twoTotals);
        if (promise.request) recordOnce(this.answers, promise.request, promise.orderId, this.twoOrders);
        break;
      case "cancelled":
        this.cancelled.add(promise.orderId);
        break;
      case "customer":
        this.customers.add(promise.customerId);
        break;
      case "captured":
      case "refunded": {
        const move = `${promise.kind} ${promise.paymentId} ${promise.once}`;
        if (this.#once.has(move)) break;
        this.#once.add(move);
        const sums = this.moved.get(promise.paymentId) ?? { captured: 0, refunded: 0 };
        this.moved.set(promise.paymentId, { ...sums, [promise.kind]: sums[promise.kind] + promise.minor });
        break;
      }
      default:
        promise satisfies never;
    }
  }
}

function recordOnce<T>(told: Map<string, T>, id: string, value: T, contradictions: Suspect[]): void {
  const before = told.get(id);
  if (before === undefined) told.set(id, value);
  else if (before !== value) contradictions.push({ id, wrong: `was answered with ${before} and with ${value}` });
}
