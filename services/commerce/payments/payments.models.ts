import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

/** The columns lists may filter and sort by. */
export const paymentModel: TableModel = {
  name: "payment",
  define: {
    payment_id: { type: DataTypes.TEXT, primaryKey: true },
    order_id: DataTypes.TEXT,
    customer_id: DataTypes.TEXT,
    state: DataTypes.TEXT,
    created_at: DataTypes.DATE,
  },
  options: { tableName: "payment", timestamps: false },
};
