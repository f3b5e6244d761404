import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** The table of warehouses, for lists. */
export const warehouseModel: TableModel = {
  name: "warehouse",
  define: {
    warehouseId: { type: DataTypes.TEXT, field: "warehouse_id", primaryKey: true },
    name: { type: DataTypes.TEXT },
    createdAt: { type: DataTypes.DATE, field: "created_at" },
  },
  options: { tableName: "warehouse", timestamps: false },
};
