import type { Charge } from "../domain/charge.ts";
import type { MomoAnswer, MomoRefund } from "./momo-api.ts";

/** What MoMo's result codes mean: https://developers.momo.vn/v3/docs/payment/api/result-handling/resultcode */
export type MomoState =
  | "done"
  | "held"
  | "waiting"
  | "unknown"
  /** Says nothing about the payment: MoMo is down, refuses the shop, or has not finished an earlier request. */
  | "inDoubt"
  /** Refuses a request for what it says; of a question it says nothing about the payment. */
  | "badRequest"
  | "cancelled"
  | "refused";

const MEANINGS: ReadonlyMap<number, MomoState> = new Map([
  [0, "done"],
  [9_000, "held"],
  ...[1_000, 7_000, 7_002, 8_000].map((code) => [code, "waiting"] as const),
  [42, "unknown"],
  ...[10, 11, 12, 13, 40, 41, 43, 98, 99].map((code) => [code, "inDoubt"] as const),
  ...[20, 21, 22, 47].map((code) => [code, "badRequest"] as const),
  ...[1_003, 1_017].map((code) => [code, "cancelled"] as const),
]);

export function meaningOf({ resultCode }: Pick<MomoAnswer, "resultCode">): MomoState {
  return MEANINGS.get(resultCode) ?? "refused";
}

/** The id of the refund that follows a capture of less than was held. */
export function restId(operationId: string): string {
  return `${operationId}${REST}`;
}

const REST = "-rest";

export function refundBy(answer: MomoAnswer, ids: readonly string[]): MomoRefund | undefined {
  const refunds = (answer.refundTrans ?? []).filter(({ orderId }) => ids.includes(orderId));
  return refunds.find((refund) => meaningOf(refund) === "done") ?? refunds[0];
}

/** What MoMo says of a payment. The rest that was given back after a capture counts as never captured. */
export function chargeFrom(reference: string, answer: MomoAnswer): Charge {
  const meaning = meaningOf(answer);
  const amountMinor = answer.amount ?? 0;
  const refunds = (answer.refundTrans ?? []).filter((refund) => meaningOf(refund) === "done");
  const sum = (some: readonly MomoRefund[]) => some.reduce((total, { amount }) => total + amount, 0);
  const rests = refunds.filter(({ orderId }) => orderId.endsWith(REST));
  return {
    reference,
    state: stateOf(meaning),
    ...idsFrom(answer.extraData),
    currency: "VND",
    amountMinor,
    heldMinor: meaning === "held" ? amountMinor : 0,
    capturedMinor: meaning === "done" ? amountMinor - sum(rests) : 0,
    refundedMinor: sum(refunds) - sum(rests),
  };
}

function stateOf(meaning: MomoState): Charge["state"] {
  switch (meaning) {
    case "done":
    case "held":
      return "accepted";
    case "waiting":
    case "inDoubt":
      return "waiting";
    case "cancelled":
      return "released";
    case "refused":
    case "badRequest":
    case "unknown":
      return "declined";
    default:
      return meaning satisfies never;
  }
}

export function extraDataOf({ paymentId, orderId }: { paymentId: string; orderId: string }): string {
  return Buffer.from(JSON.stringify({ paymentId, orderId })).toString("base64");
}

function idsFrom(extraData = ""): Pick<Charge, "paymentId" | "orderId"> {
  try {
    const { paymentId, orderId } = JSON.parse(Buffer.from(extraData, "base64").toString()) as Record<string, unknown>;
    if (typeof paymentId === "string" && typeof orderId === "string") return { paymentId, orderId };
  } catch {
    // not made by this shop
  }
  return { paymentId: null, orderId: null };
}
