import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** The table of current prices, for lists. */
export const priceModel: TableModel = {
  name: "price",
  define: {
    sku: { type: DataTypes.TEXT, primaryKey: true },
    currency: { type: DataTypes.TEXT, primaryKey: true },
    amountMinor: { type: DataTypes.BIGINT, field: "amount_minor" },
    validFrom: { type: DataTypes.DATE, field: "valid_from" },
  },
  options: { tableName: "price", timestamps: false },
};
