import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** The columns by which lists of orders are filtered and sorted. The store reads what the lists show. */
export const orderModel: TableModel = {
  name: "order",
  define: {
    orderId: { type: DataTypes.TEXT, field: "order_id", primaryKey: true },
    customerId: { type: DataTypes.TEXT, field: "customer_id" },
    status: { type: DataTypes.TEXT },
  },
  options: { tableName: "orders", timestamps: false },
};
