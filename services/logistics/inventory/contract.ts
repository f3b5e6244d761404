import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, internal, staff } from "#lib/contract/access.ts";
import { action, contract, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Id, Sku } from "#lib/contract/ids.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import { inventoryLimits } from "./domain/limits.ts";

export const inventoryIds = defineIds({ warehouse: "wh" });

/** The warehouse of an adjustment in a batch that names none. */
export const DEFAULT_WAREHOUSE = "wh_main";

const SKUS_PER_READ = 200; // so many fit into a query string

const Reason = Type.String({ minLength: 1, maxLength: 200, examples: ["delivery", "cycle count", "broken"] });
const Pieces = Type.Integer({ minimum: 0, examples: [10_000] });
const Delta = Type.Integer({
  minimum: -inventoryLimits.STOCK_PIECES,
  maximum: inventoryLimits.STOCK_PIECES,
  description: "Pieces to add (positive) or to take away (negative)",
  examples: [10],
});
const SkuAvailable = NamedObject("SkuAvailability", { sku: Sku, available: Pieces });
const Warehouse = NamedObject("Warehouse", {
  warehouseId: Id("warehouse"),
  name: Type.String({ examples: ["Reno west warehouse"] }),
  createdAt: Timestamp,
});

export const inventoryErrors = defineErrors({
  OUT_OF_STOCK: {
    status: 409,
    title: "Not enough stock",
    example: { items: [{ sku: "SOLAR-28W", requested: 2, available: 1 }] },
  },
});

export const inventory = contract("inventory", {
  summary: "Stock by warehouse, and the pieces of it that are reserved for orders.",
  personalData: {
    warehouse: "none",
    stock: "none",
    supply: "none",
    reservation: "none",
    reservation_line: "none",
    movement: "none",
  },
  actions: {
    get: action({
      summary: "The number of pieces of a sku that can be bought.",
      description: "Staff with `inventory:read` see them by warehouse as well.",
      rest: "GET /inventory/:sku",
      params: Exact({ sku: Sku }),
      returns: Type.Object({
        sku: Sku,
        available: Pieces,
        warehouses: Type.Optional(
          Type.Array(
            Type.Object({ warehouseId: Id("warehouse"), onHand: Pieces, reserved: Pieces, available: Pieces }),
          ),
        ),
      }),
      access: anyone({ badToken: "ignored" }),
    }),
    list: action({
      summary: `The number of pieces that can be bought, for up to ${SKUS_PER_READ} skus.`,
      description: "Unknown skus are left out.",
      rest: "GET /inventory",
      params: Exact({
        skus: FormedText(
          `a list of at most ${SKUS_PER_READ} skus with commas between them`,
          `^[^,]{1,64}(,[^,]{1,64}){0,${SKUS_PER_READ - 1}}$`,
          {
            minLength: 1,
            maxLength: SKUS_PER_READ * 65,
            description: "Comma-separated",
            examples: ["MUG-ENAMEL,TENT-RIDGE-2"],
          },
        ),
      }),
      returns: Type.Object({ items: Type.Array(SkuAvailable) }),
      access: anyone({ badToken: "ignored" }),
    }),
    available: action({
      summary: "The number of pieces that can be bought, for every sku of the request; it is 0 for an unknown sku.",
      params: Exact({ skus: Type.Array(Sku, { maxItems: limits.SKUS_PER_CALL }) }),
      returns: Type.Object({ items: Type.Array(SkuAvailable) }),
      access: internal(),
      retryable: true,
    }),
    adjust: action({
      summary: "Adds pieces to one warehouse, or takes pieces that are not reserved away from it.",
      rest: "POST /inventory/:sku/adjustments",
      params: Exact({ sku: Sku, warehouseId: Id("warehouse"), delta: Delta, reason: Reason }),
      returns: Type.Object({ sku: Sku, warehouseId: Id("warehouse"), onHand: Pieces, available: Pieces }),
      access: staff("inventory:write"),
      errors: ["LIMIT_REACHED", "OUT_OF_STOCK", "UNKNOWN_PRODUCT"],
      idempotent: true,
    }),
    adjustMany: action({
      summary: `Up to ${inventoryLimits.STOCK_BATCH_ROWS} adjustments, all or none.`,
      rest: "POST /inventory:batch",
      params: Exact({
        adjustments: Type.Array(
          Exact({ sku: Sku, warehouseId: Type.Optional(Id("warehouse")), delta: Delta, reason: Reason }),
          { minItems: 1, maxItems: inventoryLimits.STOCK_BATCH_ROWS },
        ),
      }),
      returns: Type.Object({ adjusted: Type.Integer() }),
      access: staff("inventory:write"),
      errors: ["LIMIT_REACHED", "OUT_OF_STOCK", "UNKNOWN_PRODUCT"],
      idempotent: true,
      bodyBytes: limits.BATCH_BODY_BYTES,
    }),
    warehouses: action({
      summary: "Lists warehouses.",
      rest: "GET /warehouses",
      params: Exact(Page),
      returns: Type.Object({ warehouses: Type.Array(Warehouse), pagination: Pagination }),
      access: staff("inventory:read"),
    }),
    addWarehouse: action({
      summary: "Adds a warehouse.",
      rest: "POST /warehouses",
      status: 201,
      params: Exact({
        warehouseId: Type.Optional(
          FormedText("`wh_` and lower-case letters, digits or underscores", "^wh_[a-z0-9_]{1,60}$", {
            examples: ["wh_west"],
          }),
        ),
        name: Type.String({ minLength: 1, maxLength: 100, examples: ["Reno west warehouse"] }),
      }),
      returns: Warehouse,
      access: staff("inventory:write"),
      errors: ["ALREADY_EXISTS"],
      idempotent: true,
    }),
  },
  events: {
    InventoryReserved: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({
        orderId: Id("order"),
        lines: Type.Array(Type.Object({ sku: Sku, quantity: Type.Integer(), warehouseId: Id("warehouse") })),
      }),
    }),
    InventoryRejected: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({
        orderId: Id("order"),
        reason: Type.String(),
        missing: Type.Array(Type.Object({ sku: Sku, requested: Type.Integer(), available: Pieces })),
      }),
    }),
    InventoryReleased: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({ orderId: Id("order"), reason: Type.String() }),
    }),
    InventoryCommitted: event({ key: "orderId", version: "1.0", data: Type.Object({ orderId: Id("order") }) }),
    /** `available` counts the pieces of all warehouses that a shopper can buy. */
    StockAdjusted: event({
      key: "sku",
      version: "1.0",
      data: Type.Object({
        sku: Sku,
        warehouseId: Id("warehouse"),
        delta: Type.Integer(),
        available: Pieces,
        reason: Type.String(),
      }),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    inventory: typeof inventory;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    inventory: typeof inventoryErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    inventory: typeof inventoryIds;
  }
}
