import { Type } from "typebox";
import { ownerOr } from "#lib/contract/access.ts";
import { contract, Timestamp } from "#lib/contract/contract.ts";
import { crud } from "#lib/contract/crud.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";

const wishIds = defineIds({ wish: "wish" });

export const wishes = contract("wishes", {
  summary: "Products that customers want to remember.",
  actions: crud({
    path: "/customers/:customerId/wishlists/:list/wishes",
    item: "wish",
    items: "wishes",
    id: "wish",
    fields: {
      productId: Id("product"),
      priority: Type.Integer({ minimum: 1, maximum: 2 ** 32 }),
      gift: Type.Boolean(),
      tags: Type.Array(Type.String({ maxLength: 20 }), { maxItems: 5 }),
      note: Type.Optional(Type.String({ maxLength: 200 })),
      wantedAt: Type.Optional(Timestamp),
    },
    filters: ["productId", "priority", "gift"],
    sort: ["priority", "productId"],
    access: { read: ownerOr("wishes:read", "customerId"), write: ownerOr("wishes:write", "customerId") },
    params: { list: Type.String({ pattern: "^[a-z]{1,20}$" }) },
    maxItems: 5,
  }),
  personalData: { wish: { columns: ["note"], subject: "customer_id" } },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    wishes: typeof wishes;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    wishes: typeof wishIds;
  }
}
