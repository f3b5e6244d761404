import { contract } from "#lib/contract/contract.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { shippingEvents } from "./domain/events.ts";

export const shippingIds = defineIds({ shipment: "shp" });

export const shipping = contract("shipping", {
  summary: "Carriers, what sending costs, parcels on their way, and memberships that make sending cheaper.",
  personalData: {},
  actions: {},
  events: shippingEvents,
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    shipping: typeof shipping;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    shipping: typeof shippingIds;
  }
}

export { type ShipmentStatus, shipmentStatuses } from "./domain/events.ts";
