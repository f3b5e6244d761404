import { contract } from "#lib/contract/contract.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { fulfillmentEvents } from "./domain/events.ts";

export const fulfillmentIds = defineIds({ fulfillment: "ful", parcel: "box", wave: "wave" });

export const fulfillment = contract("fulfillment", {
  summary: "Picks, packs and hands off what was sold: a fulfilment for each warehouse and each seller of an order.",
  personalData: {},
  actions: {},
  events: fulfillmentEvents,
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    fulfillment: typeof fulfillment;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    fulfillment: typeof fulfillmentIds;
  }
}
