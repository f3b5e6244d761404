import { Type } from "typebox";
import { event } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";

const Quantity = Type.Integer({ minimum: 1, examples: [1] });
const Pieces = Type.Array(Type.Object({ sku: Sku, quantity: Quantity }));

/** Whose goods a fulfilment sends: those of one warehouse of the shop, or those of one seller. */
const Part = {
  fulfillmentId: Id("fulfillment"),
  orderId: Id("order"),
  warehouseId: Type.Optional(Id("warehouse")),
  sellerId: Type.Optional(Id("seller")),
};

/** One box with what is in it. */
export const Parcel = Type.Object({
  parcelId: Id("parcel"),
  weightGrams: Type.Integer({ minimum: 1, examples: [850] }),
  lengthMm: Type.Integer({ minimum: 1, examples: [300] }),
  widthMm: Type.Integer({ minimum: 1, examples: [200] }),
  heightMm: Type.Integer({ minimum: 1, examples: [150] }),
  items: Pieces,
});

/** What fulfillment publishes. The key is the order, so that what happens to the parts of one order stays in order. */
export const fulfillmentEvents = {
  /** Somebody has begun to pick the goods. */
  FulfillmentStarted: event({ key: "orderId", version: "1.0", data: Type.Object({ ...Part, items: Pieces }) }),
  /** `picks` were taken from the shelf; `missing` could not be found there. `bin` is null for goods that lie in none. */
  FulfillmentPicked: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({
      ...Part,
      picks: Type.Array(
        Type.Object({ sku: Sku, quantity: Quantity, bin: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]) }),
      ),
      missing: Pieces,
    }),
  }),
  /** The goods are in boxes. Shipping makes a shipment with a label for each of them. */
  FulfillmentPacked: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...Part, parcels: Type.Array(Parcel, { minItems: 1 }) }),
  }),
  /** The carrier has the boxes. */
  FulfillmentHandedOff: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...Part, items: Pieces, parcelIds: Type.Array(Id("parcel")) }),
  }),
  /** Nothing of it is sent any more. */
  FulfillmentCancelled: event({
    key: "orderId",
    version: "1.0",
    data: Type.Object({ ...Part, reason: Type.String() }),
  }),
};
