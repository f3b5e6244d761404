import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

export const wishModel: TableModel = {
  name: "wish",
  define: {
    wishId: { type: DataTypes.TEXT, primaryKey: true },
    customerId: DataTypes.TEXT,
    list: DataTypes.TEXT,
    productId: DataTypes.TEXT,
    priority: DataTypes.INTEGER,
    gift: DataTypes.BOOLEAN,
    tags: DataTypes.JSON,
    note: { type: DataTypes.TEXT, field: "comment" },
    wantedAt: DataTypes.DATE,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  },
  options: { tableName: "wish", timestamps: false, underscored: true },
};
