import { Type } from "typebox";
import { internal, staff } from "#lib/contract/access.ts";
import { action, Exact } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Text } from "#lib/contract/text.ts";
import { orderLimits } from "./limits.ts";
import { SellerId } from "./line-schemas.ts";
import { OrderId, Status } from "./schemas.ts";

/** How the goods of an order leave. */
export const partActions = {
  handOff: action({
    summary: "Says that the goods of an order were given to the carrier",
    description:
      "The order is `shipped`. With `CAPTURE_ON=handoff` the authorised payment is captured now. Twice gives the same answer.",
    rest: "POST /orders/:orderId/hand-off",
    params: Exact(OrderId),
    returns: Type.Object({ ...OrderId, status: Status }),
    access: staff("orders:write"),
    errors: ["ORDER_NOT_SHIPPABLE"],
    idempotent: true,
  }),
  handOffPart: action({
    summary: "Asks whether a part may leave, and if it may, counts it as shipped. Twice gives the same answer.",
    description:
      "The order decides, so that no goods leave for an order that was cancelled meanwhile: `ORDER_NOT_SHIPPABLE`. The part is shipped from then on, whether or not the caller hears the answer.",
    params: Exact({
      ...OrderId,
      fulfillmentId: Id("fulfillment"),
      warehouseId: Type.Optional(Id("warehouse")),
      sellerId: Type.Optional(SellerId),
      parcels: Type.Array(
        Exact({
          parcelId: Id("parcel"),
          carrier: Type.Optional(Text(32)),
          trackingNumber: Type.Optional(Text(64)),
        }),
        { maxItems: orderLimits.PARCELS_OF_A_PART },
      ),
    }),
    returns: Type.Object({ ...OrderId, status: Status }),
    access: internal(),
    errors: ["ORDER_NOT_SHIPPABLE"],
    retryable: true,
  }),
};
