import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** Orders as lists filter and sort them; what they show is read by the store. */
export const orderModel: TableModel = {
  name: "order",
  define: {
    orderId: { type: DataTypes.TEXT, field: "order_id", primaryKey: true },
    customerId: { type: DataTypes.TEXT, field: "customer_id" },
    status: { type: DataTypes.TEXT },
  },
  options: { tableName: "orders", timestamps: false },
};
