import { DomainError } from "#lib/contract/errors.ts";
import type { CallParams } from "#lib/contract/types.ts";
import { offerKey } from "#services/product/sellers/contract.ts";
import { stubService } from "#test/support/stub-service.ts";

type Reserved = CallParams<"sellers.reserve">["items"];

/** Stands in for sellers: offers that a test sets, and what orders take from them. */
export function stubSellers() {
  const control = {
    /** By `offerKey`. */
    offers: new Map<string, { priceMinor: number; available: number }>(),
    /** By seller. */
    acting: new Map<string, string>(),
    isDown: false,
    /** Nothing is left when an order takes its pieces, although something was when it asked. */
    isSoldOut: false,
    asked: 0,
    reserved: new Map<string, Reserved>(),
    givenBack: [] as string[],
    reset(): void {
      Object.assign(control, { isDown: false, isSoldOut: false, asked: 0, givenBack: [] });
      for (const known of [control.offers, control.acting, control.reserved]) known.clear();
    },
  };
  const requireUp = () => {
    if (control.isDown) throw new DomainError("SERVICE_UNAVAILABLE");
  };
  const service = stubService("sellers", {
    offersOf({ items }) {
      control.asked += 1;
      requireUp();
      return {
        offers: items.flatMap((item) => {
          const offer = control.offers.get(offerKey(item));
          return offer ? [{ ...item, ...offer, sellerName: "Nordic Wood", handlingDays: 2 }] : [];
        }),
      };
    },
    reserve({ orderId, items }) {
      requireUp();
      if (control.isSoldOut)
        return { refused: items.map(({ quantity, ...item }) => ({ ...item, requested: quantity, available: 0 })) };
      control.reserved.set(orderId, items);
      return { refused: [] };
    },
    giveBack({ orderId }) {
      control.givenBack.push(orderId);
      return {};
    },
    actsFor: ({ sellerId, customerId }) => ({ acts: control.acting.get(sellerId) === customerId }),
  });
  return { service, control };
}
