import { DomainError } from "#lib/contract/errors.ts";
import type { CallParams, CallResult } from "#lib/contract/types.ts";
import { stubService } from "./stub-service.ts";

type Purchase = CallParams<"promotions.discounts">;
type Answer = CallResult<"promotions.discounts">;
type Reason = Answer["unused"][number]["reason"];
type Reservation = CallParams<"promotions.reserve">;

/**
 * Stands in for promotions: a percentage off each line for everybody, and codes with a percentage each. A test may change
 * them, refuse reservations and switch the service off.
 */
export function stubPromotions() {
  const control = {
    percentOff: 0,
    codes: new Map<string, number>(),
    /** Why a code gives nothing. */
    reasons: new Map<string, Reason>(),
    down: { discounts: false, reserve: false },
    /** What `reserve` refuses, by promotion, with the reason. */
    refused: new Map<string, Reason>(),
    asked: [] as Purchase[],
    reserved: new Map<string, Reservation>(),
    givenBack: [] as string[],
    reset(): void {
      Object.assign(control, { percentOff: 0, asked: [], givenBack: [], down: { discounts: false, reserve: false } });
      for (const known of [control.codes, control.reasons, control.refused, control.reserved]) known.clear();
    },
  };
  const service = stubService("promotions", {
    discounts(purchase) {
      control.asked.push(purchase);
      if (control.down.discounts) throw new DomainError("SERVICE_UNAVAILABLE");
      return { ...discountsFor(purchase, control), gifts: [], any: control.percentOff > 0 };
    },
    reserve(reservation) {
      if (control.down.reserve) throw new DomainError("SERVICE_UNAVAILABLE");
      const refused = reservation.usages.flatMap(({ promotionId, code }) => {
        const reason = control.refused.get(promotionId);
        return reason ? [{ promotionId, ...(code === undefined ? {} : { code }), reason }] : [];
      });
      if (refused.length === 0) control.reserved.set(reservation.orderId, reservation);
      return { refused };
    },
    giveBack({ orderId }) {
      control.givenBack.push(orderId);
      return {};
    },
  });
  return { service, control };
}

function discountsFor(
  { lines, coupons, without = [] }: Purchase,
  control: { percentOff: number; codes: Map<string, number>; reasons: Map<string, Reason> },
) {
  const left = lines.map(({ quantity, priceMinor }) => quantity * priceMinor);
  const discounts: Answer["discounts"] = [];
  const apply = (promotionId: string, name: string, percent: number, code?: string) => {
    const shares = left.map((minor) => Math.floor((minor * percent) / 100));
    const amountMinor = shares.reduce((sum, share) => sum + share, 0);
    if (amountMinor === 0 || without.includes(promotionId)) return;
    for (const [i, share] of shares.entries()) left[i] = (left[i] ?? 0) - share;
    discounts.push({ promotionId, name, amountMinor, shares, ...(code === undefined ? {} : { code }) });
  };
  apply("promo_all", "Sale", control.percentOff);
  const unused: Answer["unused"] = [];
  for (const code of coupons) {
    const key = code.trim().toUpperCase();
    const percent = control.codes.get(key);
    const reason = control.reasons.get(key) ?? (percent === undefined ? "unknown_code" : undefined);
    if (reason) unused.push({ code, reason, message: `${code} gives nothing.` });
    else apply(`promo_${key.toLowerCase()}`, key, percent ?? 0, code);
  }
  return { discounts, unused };
}
