import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

export const staffModel: TableModel = {
  name: "staff",
  define: {
    staffId: { type: DataTypes.TEXT, primaryKey: true, field: "staff_id" },
    email: DataTypes.TEXT,
    name: DataTypes.TEXT,
    active: DataTypes.BOOLEAN,
    createdAt: { type: DataTypes.DATE, field: "created_at" },
  },
  options: { tableName: "staff", timestamps: false },
};
