import { Type } from "typebox";
import { event, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";

/** What happens to a parcel, in the words that every carrier's own are turned into. */
export const shipmentStatuses = [
  "label_created",
  "in_transit",
  "out_for_delivery",
  "delivered",
  "exception",
  "returned",
] as const;
export type ShipmentStatus = (typeof shipmentStatuses)[number];

export const TrackingNumber = Type.String({ minLength: 1, maxLength: 64, examples: ["TP00000000000017"] });

const Shipment = {
  shipmentId: Id("shipment"),
  orderId: Id("order"),
  fulfillmentId: Id("fulfillment"),
  parcelId: Id("parcel"),
  carrier: Type.String({ maxLength: 32, examples: ["test"] }),
  trackingNumber: TrackingNumber,
};

/** What shipping publishes. The key is the order. */
export const shippingEvents = {
  /** The carrier takes the parcel: its label can be printed. */
  ShipmentCreated: event({ key: "orderId", version: "1.0", data: Type.Object(Shipment) }),
  /** Only forward, in the order of the carrier's own times: a late message of the carrier changes nothing. */
  ShipmentStatusChanged: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      ...Shipment,
      status: Type.Enum(shipmentStatuses),
      at: Type.With(Timestamp, { description: "When it happened, by the carrier's clock" }),
      reason: Type.Optional(Type.String({ maxLength: 200, examples: ["lost"] })),
    }),
  }),
};
