import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** The table of brands, for lists. */
export const brandModel: TableModel = {
  name: "brand",
  define: {
    slug: { type: DataTypes.TEXT, primaryKey: true },
    name: { type: DataTypes.TEXT },
  },
  options: { tableName: "brand", timestamps: false },
};
