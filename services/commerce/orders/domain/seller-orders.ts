import { Type } from "typebox";
import { ownerOr } from "#lib/contract/access.ts";
import { action, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { Part } from "./line-schemas.ts";
import { OrderId, Status, StoredAddress } from "./schemas.ts";

const SellerOrder = NamedObject("SellerOrder", {
  ...OrderId,
  status: Status,
  ...Part,
  currency: Currency,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  shippingAddress: Type.Optional(Personal(StoredAddress)),
});

export const ofSeller = action({
  summary: "What a seller has sold: their parts of orders, the newest first.",
  description:
    "For those who act for the seller, and for staff: `sellerId` comes from `POST /sellers`. The address is told while the goods are to be sent: of a paid order.",
  rest: "GET /sellers/:sellerId/orders",
  params: Exact({ sellerId: Id("seller"), ...Page }),
  returns: Type.Object({ orders: Type.Array(SellerOrder), pagination: Pagination }),
  access: ownerOr("orders:read"),
});
