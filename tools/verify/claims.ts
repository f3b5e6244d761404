import { toMinor } from "#lib/contract/money.ts";
import type { Suspect } from "./invariant.ts";
import type { StoredEntry } from "./journal.ts";

/** What a shop that answered so has promised. */
export type Claim =
  | { kind: "order"; orderId: string; totalMinor: number; request?: string }
  | { kind: "cancelled"; orderId: string }
  /** `once` names the move: the same one told twice has happened once. */
  | { kind: "captured" | "refunded"; paymentId: string; minor: number; once: string }
  | { kind: "customer"; customerId: string };

/** @returns undefined for what promises nothing that is checked */
export function claimOf(line: StoredEntry, place: number): Claim | undefined {
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

/** All that was promised, brought together. */
export class Claims {
  readonly totals = new Map<string, number>();
  readonly cancelled = new Set<string>();
  readonly customers = new Set<string>();
  readonly moved = new Map<string, { captured: number; refunded: number }>();
  /** Requests and the order each was answered with. */
  readonly answers = new Map<string, string>();
  /** Orders that were told with two totals. */
  readonly twoTotals: Suspect[] = [];
  /** Requests that were answered with two orders. */
  readonly twoOrders: Suspect[] = [];
  readonly #once = new Set<string>();

  add(claim: Claim): void {
    switch (claim.kind) {
      case "order":
        tellOnce(this.totals, claim.orderId, claim.totalMinor, this.twoTotals);
        if (claim.request) tellOnce(this.answers, claim.request, claim.orderId, this.twoOrders);
        break;
      case "cancelled":
        this.cancelled.add(claim.orderId);
        break;
      case "customer":
        this.customers.add(claim.customerId);
        break;
      case "captured":
      case "refunded": {
        const move = `${claim.kind} ${claim.paymentId} ${claim.once}`;
        if (this.#once.has(move)) break;
        this.#once.add(move);
        const sums = this.moved.get(claim.paymentId) ?? { captured: 0, refunded: 0 };
        this.moved.set(claim.paymentId, { ...sums, [claim.kind]: sums[claim.kind] + claim.minor });
        break;
      }
      default:
        claim satisfies never;
    }
  }
}

function tellOnce<T>(told: Map<string, T>, id: string, value: T, contradictions: Suspect[]): void {
  const before = told.get(id);
  if (before === undefined) told.set(id, value);
  else if (before !== value) contradictions.push({ id, wrong: `was answered with ${before} and with ${value}` });
}
