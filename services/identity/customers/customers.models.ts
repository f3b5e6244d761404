import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

export const customerModel: TableModel = {
  name: "customer",
  define: {
    customerId: { type: DataTypes.TEXT, primaryKey: true, field: "customer_id" },
    email: DataTypes.TEXT,
    firstName: { type: DataTypes.TEXT, field: "first_name" },
    lastName: { type: DataTypes.TEXT, field: "last_name" },
    phone: DataTypes.TEXT,
    createdAt: { type: DataTypes.DATE, field: "created_at" },
  },
  options: { tableName: "customer", timestamps: false },
};
